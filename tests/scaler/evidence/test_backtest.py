import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scaler.core.series import Series
from scaler.evidence.backtest import HORIZONS, command, scores
from scaler.evidence.forecasts import Forecasts, in_minutes


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def result_of(path: Path, *more: object) -> dict[str, Any]:
    file = path.with_suffix(".json")
    done = run("--trace", path, "--json", file, *more)
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def test_the_json_has_every_measure_of_every_horizon(daily: Path) -> None:
    result = result_of(daily)
    assert set(result) == {"horizons", "rows", "scored", "timing"}
    assert (result["rows"], result["scored"]) == (720, 360)
    assert list(result["horizons"]) == sorted(map(str, HORIZONS))
    names = {"wape", "wape_persistence", "skill", "pinball", "coverage", "width"}
    for each in result["horizons"].values():
        assert set(each) == names
        assert list(each["coverage"]) == list(each["width"]) == list(each["pinball"]) == ["0.95"]
        assert each["skill"] == pytest.approx(1 - each["wape"] / each["wape_persistence"])


def test_a_wave_is_forecast_better_the_further_ahead(daily: Path) -> None:
    horizons = result_of(daily)["horizons"]
    assert horizons["15"]["skill"] > horizons["10"]["skill"] > 0.1
    assert horizons["15"]["coverage"]["0.95"] == pytest.approx(0.95, abs=0.05)
    # The step is ten minutes: what is nearer is one step, and 15 minutes are nearest to two.
    assert horizons["1"] == horizons["5"] == horizons["10"]


def test_the_same_data_and_seed_give_the_same_bytes(daily: Path) -> None:
    texts = []
    for _ in range(2):
        result_of(daily)
        texts.append(daily.with_suffix(".json").read_text())
    # Keys are sorted, and the timing is the last of them.
    first, second = (text[: text.index('"timing"')] for text in texts)
    assert first == second


def test_what_is_trained_on_is_not_scored(daily: Path) -> None:
    assert result_of(daily, "--train-until", "2024-03-08T00:00:00Z")["scored"] == 144


def test_a_history_too_short_to_learn_from_scores_as_persistence(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    rows = [f"{60 * at},{at % 7}" for at in range(24)]
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    result = result_of(path)
    five = result["horizons"]["5"]
    assert five["wape"] == five["wape_persistence"]
    assert five["coverage"]["0.95"] is None
    assert result["scored"] == 12


def test_the_measures_are_those_of_the_definition() -> None:
    nan = np.nan
    said = Forecasts(
        leads=(1, 2, 3, 5, 10, 15),
        now=np.array([10.0, 20.0, 30.0]),
        actual=np.tile(np.array([[12.0], [18.0], [nan]]), 6),
        median=np.tile(np.array([[11.0], [nan], [30.0]]), 6),
        upper=np.tile(np.array([[13.0], [nan], [40.0]]), 6),
        level=0.9,
        horizon=5,
        said=(),
    )
    series = Series(step_ms=60_000, first=0, values=np.zeros(3))
    five = scores(said, series)["5"]
    # Errors 1 and, where nothing was said, that of persistence: 2; persistence has 2 and 2.
    assert five["wape"] == pytest.approx(3 / 30)
    assert five["wape_persistence"] == pytest.approx(4 / 30)
    assert five["skill"] == pytest.approx(1 - 3 / 4)
    assert five["coverage"] == {"0.9": 1.0}
    assert five["width"] == {"0.9": pytest.approx(2.0)}
    assert five["pinball"] == {"0.9": pytest.approx(0.1)}


def test_a_finer_step_is_read_as_means_of_minutes() -> None:
    values = np.array([1.0, 2, 3, 4, np.nan, 6, 7, 8] + [np.nan] * 4 + [9.0])
    found = in_minutes(Series(step_ms=15_000, first=2, values=values))
    assert (found.step_ms, found.first) == (60_000, 0)
    assert np.array_equal(found.values, [1.5, (3 + 4 + 6) / 3, 7.5, 9.0], equal_nan=True)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_plot_is_the_same_file_each_time(daily: Path, suffix: str) -> None:
    files = [daily.with_name(f"{name}{suffix}") for name in ("one", "two")]
    for file in files:
        assert run("--trace", daily, "--plot", file).exit_code == 0
    assert len(files[0].read_bytes()) > 10_000
    assert files[0].read_bytes() == files[1].read_bytes()


def test_without_matplotlib_a_plot_is_refused_at_once(
    daily: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = run("--trace", daily, "--plot", daily.with_suffix(".png"))
    assert done.exit_code == 1
    assert "--plot: matplotlib is not installed: pip install 'autoserve[plots]'" in done.output
    assert run("--trace", daily).exit_code == 0


def test_a_load_of_less_than_a_minute_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "short.csv"
    rows = [f"2026-01-01T00:00:00.{place:03}Z,{50 + place % 7}" for place in range(600)]
    trace.write_text("\n".join(["timestamp,value", *rows]))
    done = run("--trace", trace)
    assert done.exit_code == 1
    found = "found 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:00.300000+00:00"
    assert f"short.csv: timestamp: {found} before what is scored, allowed a minute" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--json", "absent/r.json"], "--json: found absent/r.json, allowed", id="json"
        ),
        pytest.param(["--plot", "plot.gif"], "--plot: found plot.gif, allowed a name", id="plot"),
        pytest.param(["--train-until", "2031-01-01"], "daily.csv: --train-until: found", id="time"),
        pytest.param(["--column", "load"], "daily.csv:1: --column: found 'load'", id="column"),
        pytest.param(["--quantile", "0.5"], "Invalid value for '--quantile'", id="quantile"),
        pytest.param(["--quantile", "nan"], "found 'nan', allowed a finite number", id="nan"),
        pytest.param(
            ["--plot", "same.png", "--json", "same.png"],
            "--plot: found same.png, allowed another file than that of --json",
            id="one-file-for-both",
        ),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(
    daily: Path, arguments: list[str], message: str
) -> None:
    file = daily.with_suffix(".json")
    done = run("--trace", daily, "--json", file, *arguments)
    assert done.exit_code != 0
    assert message in done.output
    assert not file.exists()


def test_the_trace_itself_is_never_written_over(daily: Path) -> None:
    before = daily.read_bytes()
    done = run("--trace", daily, "--json", daily.parent / "." / daily.name)
    assert done.exit_code == 1
    assert "allowed another file than that of --trace" in done.output
    assert daily.read_bytes() == before


def test_gaps_are_said_with_their_line(daily: Path) -> None:
    lines = daily.read_text().splitlines()
    daily.write_text("\n".join(lines[:100] + lines[112:]) + "\n")
    done = run("--trace", daily)
    assert done.exit_code == 0
    assert f"{daily}:101: 12 rows are absent before: a gap" in done.output


def test_values_that_are_missing_are_said(daily: Path) -> None:
    lines = daily.read_text().splitlines()
    lines[50], lines[60] = lines[50].partition(",")[0] + ",", lines[60].partition(",")[0] + ",NaN"
    daily.write_text("\n".join(lines) + "\n")
    done = run("--trace", daily)
    assert done.exit_code == 0
    assert f"{daily}:51: the first of 2 rows without a value: gaps" in done.output


@pytest.mark.parametrize("rows", [10, 11, 14])
def test_a_file_too_short_to_learn_from_is_scored_by_persistence(daily: Path, rows: int) -> None:
    """The part that a model is tried on would begin before the file."""
    daily.write_text("\n".join(daily.read_text().splitlines()[: rows + 1]) + "\n")
    result = result_of(daily)
    assert result["scored"] == rows - rows // 2
    assert result["horizons"]["5"]["skill"] == 0


@pytest.mark.parametrize("is_last", [False, True])
def test_where_nothing_can_be_scored_nothing_is_written(daily: Path, *, is_last: bool) -> None:
    lines = daily.read_text().splitlines()
    if not is_last:
        lines = [*lines[:2], *(line.partition(",")[0] + "," for line in lines[2:])]
    daily.write_text("\n".join(lines) + "\n")
    file, picture = daily.with_suffix(".json"), daily.with_suffix(".png")
    until = ["--train-until", lines[-1].partition(",")[0]] if is_last else []
    done = run("--trace", daily, "--json", file, "--plot", picture, *until)
    assert done.exit_code == 1
    assert f"{daily}: value: found no two of them" in done.output
    assert not file.exists()
    assert not picture.exists()


@pytest.mark.parametrize("step_s", [86_400, 604_800])
def test_steps_of_days_and_weeks_are_drawn(daily: Path, step_s: int) -> None:
    rows = [f"{step_s * (2_000 + at)},{100 + at % 7}" for at in range(60)]
    daily.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    picture = daily.with_suffix(".png")
    done = run("--trace", daily, "--plot", picture)
    assert done.exit_code == 0, done.output
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_results_replace_no_file_that_is_read_and_no_device(daily: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(daily.read_text())
    read = run("--trace", daily, "--planned", plan, "--json", plan)
    assert "--json: found" in read.output
    assert "allowed another file than that of --planned" in read.output
    assert plan.read_text() == daily.read_text()
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    found = run("--trace", daily, "--json", pipe)
    assert "allowed a file: this is a folder or a device" in found.output
    assert pipe.is_fifo()
    long = run("--trace", daily, "--json", tmp_path / ("x" * 300))
    assert "File name too long" in long.output
    # No file can be made there, not even by root, which may write everywhere.
    closed = run("--trace", daily, "--json", "/proc/r.json")
    assert "--json: /proc/r.json: No such file" in closed.output
    assert "WAPE" not in closed.output
    assert [each.exit_code for each in (read, found, long, closed)] == [1, 1, 1, 1]


@pytest.mark.parametrize("name", ["backtest", "simulate", "anomalies"])
def test_each_command_runs_as_a_module_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--trace", "nowhere.csv"])
    monkeypatch.delitem(sys.modules, f"scaler.evidence.{name}", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"scaler.evidence.{name}", run_name="__main__")
    assert ended.value.code == 1
