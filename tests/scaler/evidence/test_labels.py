import json
from pathlib import Path
from typing import Any

import pytest

from scaler.evidence.labels import LabelsError, Window, read_windows
from scaler.evidence.trace import Trace, read_trace


@pytest.fixture
def trace(daily: Path) -> Trace:
    return read_trace(daily)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return tmp_path / "labels.json"


def steps(trace: Trace, path: Path, content: Any) -> list[tuple[int, int]]:
    path.write_text(json.dumps(content))
    first = trace.series.first
    return [(one.first - first, one.last - first) for one in read_windows(path, trace)]


WINDOW = ["2024-03-05 00:00:00.000000", "2024-03-05 01:00:00.000000"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param([WINDOW], id="list"),
        pytest.param({"a/other.csv": [], "real/daily.csv": [WINDOW]}, id="by-path"),
        pytest.param([["2024-03-05T02:00:00+02:00", "2024-03-05T01:00:00Z"]], id="zones"),
        pytest.param([["2024-03-04 23:55:00", "2024-03-05 01:09:59"]], id="between-two-steps"),
    ],
)
def test_windows_become_the_steps_that_lie_in_them(
    trace: Trace, labels: Path, content: Any
) -> None:
    assert steps(trace, labels, content) == [(144, 150)]


def test_single_times_become_windows_that_together_are_a_tenth_of_the_file(
    trace: Trace, labels: Path
) -> None:
    windows = steps(trace, labels, ["2024-03-05 00:00:00", "2024-03-07 00:00:00"])
    assert windows == [(144 - 17, 144 + 17), (432 - 17, 432 + 17)]


def test_windows_that_overlap_are_one_and_all_are_in_order(trace: Trace, labels: Path) -> None:
    late = ["2024-03-06 00:00:00", "2024-03-06 01:00:00"]
    longer = ["2024-03-05 00:30:00", "2024-03-05 02:00:00"]
    assert steps(trace, labels, [late, longer, WINDOW]) == [(144, 156), (288, 294)]


def test_a_file_may_say_that_there_are_none(trace: Trace, labels: Path) -> None:
    assert steps(trace, labels, {"x/daily.csv": []}) == []


def test_a_window_holds_both_of_its_ends() -> None:
    window = Window(first=3, last=5)
    assert [step in window for step in range(2, 7)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            {"a/other.csv": []},
            "found no window for daily.csv, allowed an entry for it beside: a/other.csv",
            id="other-trace",
        ),
        pytest.param(
            {"a/daily.csv": [], "b/daily.csv": []}, "found 2 entries for daily.csv", id="twice"
        ),
        pytest.param({"daily.csv": 3}, "daily.csv: found 3, allowed a list of times", id="number"),
        pytest.param("soon", 'windows: found "soon", allowed a list', id="text"),
        pytest.param([["2024-03-05"]], 'windows[0]: found ["2024-03-05"]', id="half-a-window"),
        pytest.param([WINDOW, 7], "windows[1]: found 7, allowed", id="no-time"),
        pytest.param([["yesterday", "today"]], "windows[0]: found", id="no-times"),
        pytest.param([WINDOW[::-1]], "allowed a window that ends after it starts", id="backwards"),
        pytest.param(
            ["2030-01-01"], "allowed a time from 2024-03-04T00:00:00+00:00 to", id="elsewhere"
        ),
    ],
)
def test_what_is_no_label_names_file_entry_and_what_is_allowed(
    trace: Trace, labels: Path, content: Any, message: str
) -> None:
    with pytest.raises(LabelsError) as caught:
        steps(trace, labels, content)
    assert str(caught.value).startswith(f"{labels}: ")
    assert message in str(caught.value)


def test_a_file_that_is_not_there_or_no_json_is_named(trace: Trace, labels: Path) -> None:
    with pytest.raises(LabelsError, match=r"labels\.json: found No such file"):
        read_windows(labels, trace)
    labels.write_text("[1,")
    with pytest.raises(LabelsError, match=r"labels\.json: found no JSON"):
        read_windows(labels, trace)


def test_a_byte_order_mark_and_endless_nesting_are_understood(trace: Trace, labels: Path) -> None:
    labels.write_bytes(b"\xef\xbb\xbf[]")
    assert read_windows(labels, trace) == ()
    labels.write_text("[" * 100_000)
    with pytest.raises(LabelsError, match="no JSON"):
        read_windows(labels, trace)
    labels.write_text("{}")
    with pytest.raises(LabelsError, match=r"allowed an entry for it$"):
        read_windows(labels, trace)
