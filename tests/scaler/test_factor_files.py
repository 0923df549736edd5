"""Files of series and events; a wrong line is named."""

from pathlib import Path

import numpy as np
import pytest

from scaler.core.covariates import Event
from scaler.evidence.trace import TraceError
from scaler.factor_files import NamedEvent, read_events, read_series


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "given.csv"
    path.write_text(text)
    return path


def test_a_series_is_read_with_when_its_values_were_known(tmp_path: Path) -> None:
    text = (
        "timestamp,value,known_at\n2026-01-01T00:00Z,-3.5,\n"
        "2026-01-01T01:00Z,nan,\n2026-01-01 03:00,4,2026-01-01T02:00+01:00\n"
    )
    found = read_series(file(tmp_path, text))
    assert found.says_when_known
    hours = (found.points.times_ms - found.points.times_ms[0]) / 3_600_000
    assert hours.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(found.points.values, [-3.5, np.nan, 4])
    known = (found.points.known_ms - found.points.times_ms) / 3_600_000
    assert known.tolist() == [0, 0, -2]


def test_a_series_without_a_header_has_times_and_values(tmp_path: Path) -> None:
    found = read_series(file(tmp_path, "60,1\n120,2\n"))
    assert not found.says_when_known
    assert found.points.times_ms.tolist() == [60_000, 120_000]


def test_columns_may_stand_in_any_order_below_a_header(tmp_path: Path) -> None:
    found = read_events(file(tmp_path, "name,weight,start,end\nsale,2.5,60,120\n"))
    assert found == (NamedEvent(name="sale", event=Event(begin_s=60, end_s=120, size=2.5)),)


def test_events_may_overlap_and_stand_in_any_order(tmp_path: Path) -> None:
    text = "start,end,name\n2026-01-02,2026-01-03,b\n2026-01-01,2026-01-03,a\n"
    assert [one.name for one in read_events(file(tmp_path, text))] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "line", "field", "said"),
    [
        pytest.param("", None, "file", "no rows", id="empty"),
        pytest.param("timestamp,value\n", None, "file", "no rows", id="header-alone"),
        pytest.param("time,value\n60,1\n", 1, "header", "timestamp", id="no-timestamp"),
        pytest.param("60,1\n30,2\n", 2, "timestamp", "after", id="unordered"),
        pytest.param("60,1\n60,2\n", 2, "timestamp", "again", id="twice"),
        pytest.param("60,1\nsoon,2\n", 2, "timestamp", "'soon'", id="no-time"),
        pytest.param("60,1\n120,warm\n", 2, "value", "'warm'", id="no-number"),
        pytest.param("60,1\n120,inf\n", 2, "value", "'inf'", id="infinite"),
        pytest.param("60,1,30\n120,1,130\n", 2, "known_at", "at most", id="known-afterwards"),
        pytest.param("60\n", 1, "row", "1 column", id="one-column"),
        pytest.param("60,1,30,x\n", 1, "row", "4 columns", id="four-columns"),
    ],
)
def test_a_wrong_series_is_refused_by_its_line(
    tmp_path: Path, text: str, line: int | None, field: str, said: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read_series(file(tmp_path, text))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert said in str(caught.value)
    assert "given.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "field", "said"),
    [
        pytest.param("60,120,a\n120,60,b\n", 2, "end", "after the start", id="ends-before"),
        pytest.param("60,60,a\n", 1, "end", "after the start", id="no-length"),
        pytest.param("60,120,\n", 1, "name", "nothing", id="no-name"),
        pytest.param("60,120,a\n60,120,a\n", 2, "name", "line 1", id="twice"),
        pytest.param("60,120,a,0\n", 1, "weight", "more than 0", id="no-weight"),
        pytest.param("60,120,a,big\n", 1, "weight", "'big'", id="no-number"),
        pytest.param("60,later,a\n", 1, "end", "'later'", id="no-time"),
        pytest.param("start,end\n1,2\n", 1, "header", "name", id="no-name-column"),
    ],
)
def test_a_wrong_calendar_is_refused_by_its_line(
    tmp_path: Path, text: str, line: int, field: str, said: str
) -> None:
    with pytest.raises(TraceError) as caught:
        read_events(file(tmp_path, text))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no such file"):
        read_events(tmp_path / "none.csv")
