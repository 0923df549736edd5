import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scaler.core.anomaly import replayed
from scaler.core.series import Series
from scaler.evidence.anomalies import alarms, command, found
from scaler.evidence.labels import Window, read_windows
from scaler.evidence.trace import read_trace


def hundred_steps() -> Series:
    return Series(step_ms=600_000, first=0, values=np.ones(100))


def test_anomalies_within_an_hour_of_the_one_before_are_one_alarm() -> None:
    assert alarms([10, 16, 22, 29], step_s=600) == ((10, 16, 22), (29,))


@pytest.mark.parametrize(
    ("at", "windows_found", "false_positives"),
    [
        pytest.param([], 0, 0, id="nothing"),
        pytest.param([30, 35], 1, 0, id="twice-in-a-window"),
        pytest.param([14], 0, 0, id="in-the-first-15-percent"),
        pytest.param([15], 0, 1, id="right-after-them"),
        pytest.param([28, 31], 1, 0, id="an-alarm-that-reaches-into-a-window"),
        pytest.param([45, 48, 60, 70], 0, 3, id="outside"),
    ],
)
def test_windows_and_false_positives_are_counted(
    at: Sequence[int], windows_found: int, false_positives: int
) -> None:
    against = found(at, [Window(first=30, last=39)], hundred_steps())
    assert (against.windows_found, against.false_positives) == (windows_found, false_positives)
    assert against.days == pytest.approx(85 / 144)


def test_a_window_in_the_first_15_percent_can_be_found() -> None:
    against = found([7], [Window(first=5, last=9)], hundred_steps())
    assert (against.recall, against.false_positives) == (1.0, 0)


def test_figures_of_files_add_up() -> None:
    one = found([35], [Window(first=30, last=39)], hundred_steps())
    other = found([90], [Window(first=30, last=39)], hundred_steps())
    total = one + other
    assert (total.windows, total.windows_found, total.recall) == (2, 1, 0.5)
    assert total.false_positives_a_day == pytest.approx(144 / 170)


@pytest.fixture
def spiky(daily: Path) -> Path:
    lines = daily.read_text().splitlines()
    time, _ = lines[500].split(",")
    lines[500] = f"{time},900"
    daily.write_text("\n".join(lines) + "\n")
    return daily


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.json"
    window = ["2024-03-07 10:00:00.000000", "2024-03-07 12:00:00.000000"]
    path.write_text(json.dumps({"real/daily.csv": [window]}))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def figures(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_it_prints_each_anomaly_and_how_they_lie_to_the_labels(spiky: Path, labels: Path) -> None:
    result = run("--trace", spiky, "--labels", labels)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["time", "kind", "direction", "score"]
    assert lines[1].startswith("2024-03-07T11:10:00+00:00  spike  up")
    assert "load of 900 is " in lines[1]
    assert "windows found 1 of 1" in result.stdout
    assert "false positives 0 after the first 15 % of the file, 0.000 a day" in result.stdout


def test_the_json_holds_the_same_and_its_bytes_do_not_change(
    spiky: Path, labels: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for file in (first, second):
        assert run("--trace", spiky, "--labels", labels, "--json", file).exit_code == 0
    one, other = figures(first), figures(second)
    assert "total_s" in one.pop("timing")
    other.pop("timing")
    assert json.dumps(one) == json.dumps(other)
    (spike,) = one["anomalies"]
    assert (spike["kind"], spike["time"], spike["in_window"]) == (
        "spike",
        "2024-03-07T11:10:00+00:00",
        True,
    )
    assert (one["windows"], one["windows_found"], one["recall"]) == (1, 1, 1.0)
    assert (one["false_positives"], one["false_positives_a_day"]) == (0, 0.0)
    assert 0 < one["nab_score"] <= 100


def test_without_labels_it_prints_the_anomalies_alone(spiky: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    result = run("--trace", spiky, "--json", file)
    assert result.exit_code == 0, result.output
    assert "daily.csv: 1 anomalies in 1 alarms, 0.200 alarms a day" in result.stdout
    assert "windows" not in result.stdout
    assert set(figures(file)) == {"steps", "days", "alarms", "alarms_a_day", "anomalies", "timing"}


def test_where_none_are_labelled_there_is_no_score(spiky: Path, tmp_path: Path) -> None:
    none, file = tmp_path / "none.json", tmp_path / "found.json"
    none.write_text("[]")
    result = run("--trace", spiky, "--labels", none, "--json", file)
    assert result.exit_code == 0, result.output
    assert "no windows are labelled" in result.stdout
    found_there = figures(file)
    assert (found_there["windows"], found_there["recall"], found_there["nab_score"]) == (
        0,
        None,
        None,
    )
    assert found_there["false_positives"] == 1


def test_it_draws_the_same_picture_each_time(spiky: Path, labels: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / "first.svg", tmp_path / "second.svg"]
    for picture in pictures:
        result = run("--trace", spiky, "--labels", labels, "--plot", picture)
        assert result.exit_code == 0, result.output
    first, second = (picture.read_text() for picture in pictures)
    assert "<svg" in first
    assert first == second


def test_labels_of_other_traces_end_it_with_a_message_and_nothing_written(
    spiky: Path, tmp_path: Path
) -> None:
    labels, file = tmp_path / "labels.json", tmp_path / "found.json"
    labels.write_text(json.dumps({"real/other.csv": []}))
    result = run("--trace", spiky, "--labels", labels, "--json", file)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {labels}: found no window for daily.csv, "
        "allowed an entry for it beside: real/other.csv\n"
    )
    assert not file.exists()


def test_the_labelled_anomalies_of_public_loads_are_found_with_few_false_alarms(
    traces: Path,
) -> None:
    labels = traces / "nab" / "combined_windows.json"
    each = []
    for path in sorted((traces / "nab").glob("*.csv")):
        trace = read_trace(path)
        _, anomalies = replayed(trace.series)
        detections = [anomaly.at_step for anomaly in anomalies]
        each.append(found(detections, read_windows(labels, trace), trace.series))
    total = each[0]
    for one in each[1:]:
        total += one
    assert total.windows == 20
    assert total.recall >= 0.6
    assert total.false_positives_a_day <= 0.25
