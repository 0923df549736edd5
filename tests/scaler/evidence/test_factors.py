"""What is given about the world outside makes forecasts of recorded loads better, or no worse."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from scaler.evidence import backtest, simulate
from scaler.evidence.factors import covariates_of
from scaler.evidence.trace import read_trace
from tests.scaler.evidence.conftest import DAYS, PER_DAY, START_S, STEP_S

# The last 150 steps are scored.
SPLIT = ("--train-until", str(START_S + STEP_S * (DAYS * PER_DAY - 150)))
NONE: dict[str, Any] = {
    "country": None,
    "timezone": "UTC",
    "series_files": (),
    "planned_files": (),
    "event_files": (),
}


@pytest.fixture
def with_sales(daily: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The daily load with jumps at chance, and a calendar of them."""
    lines = daily.read_text().splitlines()
    steps = np.arange(DAYS * PER_DAY)
    starts = np.random.default_rng(2).choice(steps[::12], 30, replace=False)
    is_on = (np.abs(steps[:, None] - starts[None, :] - 2) <= 2).any(axis=1)
    rows = []
    for line, on in zip(lines[1:], is_on, strict=True):
        at, value = line.split(",")
        rows.append(f"{at},{float(value) + 60 * on:.4f}")
    load = tmp_path / "load.csv"
    load.write_text("\n".join([lines[0], *rows]) + "\n")
    calendar = tmp_path / "sales.csv"
    events = [
        f"{START_S + STEP_S * start},{START_S + STEP_S * (start + 5)},sale {start}"
        for start in starts.tolist()
    ]
    calendar.write_text("start,end,name\n" + "\n".join(events) + "\n")
    return load, calendar


def scored(command: Any, trace: Path, *options: str) -> dict[str, Any]:
    target = trace.with_suffix(".json")
    words = ["--trace", str(trace), "--json", str(target), *options]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(target.read_text())
    del found["timing"]
    return found


def test_a_calendar_of_what_moves_a_load_makes_its_forecasts_better(
    with_sales: tuple[Path, Path],
) -> None:
    load, calendar = with_sales
    plain = scored(backtest.command, load, *SPLIT)
    told = scored(backtest.command, load, *SPLIT, "--events", str(calendar))
    assert told["scored"] == plain["scored"]
    assert told["horizons"]["10"]["wape"] < 0.8 * plain["horizons"]["10"]["wape"]


def test_the_simulation_takes_them_too(with_sales: tuple[Path, Path]) -> None:
    load, calendar = with_sales
    words = (*SPLIT, "--reactive-target", "0.9")
    plain = scored(simulate.command, load, *words)["policies"]
    told = scored(simulate.command, load, *words, "--events", str(calendar))["policies"]
    assert told["hpa"] == plain["hpa"]
    assert told["autoserve"] != plain["autoserve"]


def test_options_become_columns_and_a_clock(daily: Path, tmp_path: Path) -> None:
    series = read_trace(daily).series
    measured, planned = tmp_path / "weather.csv", tmp_path / "plan.csv"
    for path in (measured, planned):
        path.write_text("2024-03-04,1\n2024-03-05,2\n")
    found = covariates_of(
        series,
        phase_ms=0,
        **NONE
        | {
            "country": "US-DC",
            "timezone": "America/New_York",
            "series_files": (measured,),
            "planned_files": (planned,),
        },
    )
    assert found.column_names == (
        "holiday in US-DC",
        "change of holiday in US-DC",
        "series weather",
        "series plan",
        "change of series plan",
    )
    assert found.offsets[0] == (START_S, -18_000)
    assert covariates_of(series, phase_ms=0, **NONE).identity == ("",)


@pytest.mark.parametrize(
    ("option", "text", "what"),
    [
        ("event_files", "start,end,name\n2019-03-04,2019-03-05,sale\n", "events"),
        ("planned_files", "timestamp,value\n2031-03-04,1\n", "values"),
    ],
)
def test_a_file_of_another_year_is_said(
    daily: Path, tmp_path: Path, *, option: str, text: str, what: str
) -> None:
    path = tmp_path / "given.csv"
    path.write_text(text)
    runner = CliRunner()
    with runner.isolation() as (_, err, _):
        covariates_of(read_trace(daily).series, phase_ms=0, **NONE | {option: (path,)})
        said = err.getvalue().decode()
    assert f"{path}: none of its {what} is within the load" in said


def use(option: str, text: str) -> Callable[[Path], list[str]]:
    def words(folder: Path) -> list[str]:
        path = folder / "given.csv"
        path.write_text(text)
        return [option, str(path)]

    return words


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        pytest.param(lambda _: ["--country", "XX"], "--country: found 'XX', allowed: a", id="land"),
        pytest.param(lambda _: ["--timezone", "Mars"], "--timezone: found 'Mars'", id="zone"),
        pytest.param(use("--series", "60,1\n30,2\n"), "given.csv:2: timestamp", id="series"),
        pytest.param(use("--planned", "60,x\n"), "given.csv:1: value", id="planned"),
        pytest.param(use("--events", "60,30,a\n"), "given.csv:1: end", id="events"),
        pytest.param(
            lambda folder: 2 * use("--events", "60,90,a\n")(folder), "two files named", id="twice"
        ),
    ],
)
@pytest.mark.parametrize("command", [backtest.command, simulate.command])
def test_what_cannot_be_used_is_named_and_nothing_is_written(
    daily: Path,
    tmp_path: Path,
    command: Any,
    options: Callable[[Path], list[str]],
    complaint: str,
) -> None:
    target = tmp_path / "found.json"
    words = ["--trace", str(daily), "--json", str(target), *options(tmp_path)]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 1
    assert complaint in result.output
    assert not target.exists()


@pytest.mark.slow
def test_holidays_and_weather_make_forecasts_of_rented_bikes_better(
    traces: Path, tmp_path: Path
) -> None:
    """Hourly rentals in Washington, in local time; the holidays are those of the file's place."""
    with (traces / "bike_sharing_hourly.csv").open() as file:
        rows = list(csv.DictReader(file))[:5_400]
    skies = ("clear", "mist", "rain")
    columns: dict[str, list[Any]] = {
        "users": [row["users"] for row in rows],
        "sky": [skies.index(row["weather"]) for row in rows],
        "temperature": [row["temp"] for row in rows],
        "humidity": [row["hum"] for row in rows],
    }
    for name, column in columns.items():
        lines = [f"{row['date_time']},{value}" for row, value in zip(rows, column, strict=True)]
        (tmp_path / f"{name}.csv").write_text("timestamp,value\n" + "\n".join(lines) + "\n")
    load, until = tmp_path / "users.csv", ("--train-until", "2011-07-01")
    measured = [f"--series={tmp_path / name}.csv" for name in ("temperature", "sky", "humidity")]
    plain, holidays, weather = (
        scored(backtest.command, load, *until, *options)["horizons"]["5"]
        for options in ((), ("--country=US-DC",), measured)
    )
    assert holidays["skill"] > plain["skill"]
    assert weather["skill"] > plain["skill"]
    assert all(0.93 <= one["coverage"]["0.95"] <= 0.97 for one in (plain, holidays, weather))
