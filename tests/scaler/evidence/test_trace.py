from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from scaler.evidence.trace import TraceError, read_trace

START = datetime(2021, 8, 11, tzinfo=UTC)


def minutes(count: int, *, start: datetime = START) -> list[str]:
    return [f"{start + timedelta(minutes=at):%Y-%m-%dT%H:%M:%SZ},{at}" for at in range(count)]


def written(folder: Path, lines: list[str], *, header: str = "timestamp,value") -> Path:
    path = folder / "load.csv"
    path.write_text("\n".join([header, *lines] if header else lines) + "\n")
    return path


def test_rows_become_a_series_in_the_step_of_the_file(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, minutes(12)))
    assert trace.series.values.tolist() == list(range(12))
    assert (trace.step_s, trace.rows, trace.gaps) == (60.0, 12, ())
    assert trace.start == START
    assert trace.end == START + timedelta(minutes=11)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("{:%Y-%m-%dT%H:%M:%SZ}", id="iso-utc"),
        pytest.param("{:%Y-%m-%dT%H:%M:%S}", id="iso-without-zone"),
        pytest.param("{:%Y-%m-%d %H:%M:%S}", id="with-a-blank"),
        pytest.param("{:%Y-%m-%d %H:%M}+00:00", id="to-the-minute"),
        pytest.param("unix", id="unix-seconds"),
    ],
)
@pytest.mark.parametrize("header", ["timestamp,value", ""])
def test_times_are_read_in_every_form(tmp_path: Path, form: str, header: str) -> None:
    times = [START + timedelta(minutes=at) for at in range(12)]
    lines = [
        f"{at.timestamp() if form == 'unix' else form.format(at)},{place}"
        for place, at in enumerate(times)
    ]
    trace = read_trace(written(tmp_path, lines, header=header))
    assert trace.start == START
    assert trace.series.values.tolist() == list(range(12))


def test_a_change_of_the_local_clock_is_no_gap(tmp_path: Path) -> None:
    """Two o'clock happens twice in local time, but the zone tells the two apart."""
    hours = ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"]
    lines = [f"2024-10-27T{hour},1" for hour in hours]
    lines += [f"2024-10-27T{hour:02d}:00:00+01:00,1" for hour in range(4, 16)]
    trace = read_trace(written(tmp_path, lines))
    assert (trace.gaps, len(trace.series.values)) == ((), 16)


def test_absent_rows_and_empty_values_are_gaps(tmp_path: Path) -> None:
    lines = minutes(40)
    lines[20] = lines[20].rsplit(",", 1)[0] + ","
    lines[21] = lines[21].rsplit(",", 1)[0] + ",NaN"
    trace = read_trace(written(tmp_path, lines[:5] + lines[9:]))
    assert np.flatnonzero(np.isnan(trace.series.values)).tolist() == [5, 6, 7, 8, 20, 21]
    assert [(gap.line, gap.steps) for gap in trace.gaps] == [(7, 4)]
    assert trace.rows == 36


def test_rows_off_the_grid_of_their_step_keep_their_times(tmp_path: Path) -> None:
    start = START + timedelta(seconds=15)
    trace = read_trace(written(tmp_path, minutes(12, start=start)))
    assert (trace.phase_ms, trace.start) == (15_000, start)


def test_a_column_is_chosen_by_name(tmp_path: Path) -> None:
    lines = [f"1,{line},7" for line in minutes(12)]
    path = written(tmp_path, lines, header="id,timestamp,value,users")
    assert read_trace(path).series.values[3] == 3
    assert read_trace(path, column="users").series.values[3] == 7
    with pytest.raises(TraceError, match=r"load\.csv:1: --column: found 'x', allowed one of id, v"):
        read_trace(path, column="x")


@pytest.mark.parametrize(
    ("line", "becomes", "message"),
    [
        pytest.param(
            5,
            "2021-08-11T00:03:00Z,1",
            ":7: timestamp: found 2021-08-11T00:03:00+00:00 after 2021-08-11T00:04:00+00:00, "
            "allowed times that increase, each once",
            id="unordered",
        ),
        pytest.param(
            5,
            "2021-08-11T00:04:00Z,1",
            ":7: timestamp: found 2021-08-11T00:04:00+00:00 again, "
            "allowed times that increase, each once",
            id="duplicated",
        ),
        pytest.param(
            5,
            "2021-08-11T00:05:20Z,1",
            ":7: timestamp: found 80 s after the row before, "
            "allowed whole multiples of the step, 60 s",
            id="off-the-grid",
        ),
        pytest.param(
            5,
            ",1",
            ":7: timestamp: found nothing, allowed an ISO 8601 time or Unix seconds",
            id="no-time",
        ),
        pytest.param(
            5,
            "yesterday,1",
            ":7: timestamp: found 'yesterday', allowed an ISO 8601 time or Unix seconds",
            id="no-such-time",
        ),
        *(
            pytest.param(
                5,
                f"2021-08-11T00:05:00Z,{value}",
                f":7: value: found '{value}', allowed a number from 0 to 1e+100, or nothing",
                id=f"value-{value}",
            )
            for value in ("-1", "many", "inf", "1_000", "1e300")
        ),
        pytest.param(
            5,
            "2021-08-11T00:05:00Z",
            ":7: row: found 1 column, allowed 2 columns, as in the first row",
            id="short-row",
        ),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, line: int, becomes: str, message: str) -> None:
    lines = minutes(30)
    lines[line] = becomes
    # A file of a few rows has no step, but its wrong line is named all the same.
    for rows in (30,) if "multiples" in message else (30, 8):
        path = written(tmp_path, lines[:rows])
        with pytest.raises(TraceError) as caught:
            read_trace(path)
        assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(
            "timestamp,value,value",
            ":1: header: found 'value' twice, allowed each column once",
            id="a-name-twice",
        ),
        pytest.param(
            "",
            ":1: row: found 3 columns, allowed two columns, or a header that names them",
            id="no-header",
        ),
    ],
)
def test_a_third_column_must_not_be_taken_for_nothing(
    tmp_path: Path, header: str, message: str
) -> None:
    path = written(tmp_path, [f"{row},000" for row in minutes(30)], header=header)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    "second",
    [pytest.param(timedelta(minutes=5), id="coarser"), pytest.param(timedelta(hours=1), id="hour")],
)
def test_a_second_step_is_no_row_of_gaps(tmp_path: Path, second: timedelta) -> None:
    times = [START + timedelta(minutes=at) for at in range(60)]
    times += [times[-1] + (at + 1) * second for at in range(20)]
    path = written(tmp_path, [f"{at.isoformat()},1" for at in times])
    with pytest.raises(TraceError, match=r"load\.csv:62: timestamp: found a second step"):
        read_trace(path)


def test_half_of_the_rows_at_random_are_no_second_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lines = [line for line in minutes(3_000) if rng.random() < 0.6]
    trace = read_trace(written(tmp_path, lines))
    assert trace.step_s == 60
    assert sum(gap.steps for gap in trace.gaps) == len(trace.series.values) - trace.rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "file: found no rows, allowed at least 10 rows", id="empty"),
        pytest.param(b"\n \n", "file: found no rows, allowed at least 10 rows", id="blank"),
        pytest.param(
            b"".join(b"%d,\n" % (60 * at) for at in range(12)),
            "value: found none in 12 rows, allowed at least one number",
            id="all-gaps",
        ),
        pytest.param(b"timestamp,value\n", "file: found 0 rows, allowed", id="header-alone"),
        pytest.param("\n".join(minutes(9)).encode(), "file: found 9 rows, allowed", id="too-short"),
        pytest.param(b"timestamp,value\n\xff\xfe,1\n", ":2: file: found no UTF-8", id="no-text"),
        pytest.param(
            b"timestamp,value\n"
            + b'0,1\n60,"2\n'
            + b"".join(b"%d,1\n" % at for at in range(120, 999)),
            ":3: row: found unexpected end of data, allowed comma-separated values",
            id="open-quote",
        ),
        pytest.param(b"timestamp,value\n1\0,1\n", ":2: file: found a zero byte", id="binary"),
        pytest.param(b"timestamp;value\n1;1\n", ":1: row: found 1 column", id="other-separator"),
        pytest.param(b"timestamp,a,b\n1,1,1\n", "allowed a column 'value', or", id="no-value"),
        pytest.param(
            b"\n".join(b"%d,1" % (1_628_640_000_000 + 60_000 * at) for at in range(20)),
            ":2: timestamp: found '1628640060000'",
            id="milliseconds",
        ),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "load.csv"
    path.write_bytes(content)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="file: found no such file, allowed a CSV file"):
        read_trace(tmp_path / "absent.csv")
    with pytest.raises(TraceError, match="file: found a folder"):
        read_trace(tmp_path)


def test_far_apart_times_ask_for_no_memory(tmp_path: Path) -> None:
    lines = [f"{at},1" for at in range(20)] + ["200000000000,1"]
    with pytest.raises(TraceError, match="allowed at most 10000000 steps"):
        read_trace(written(tmp_path, lines))


def test_half_of_the_rows_are_trained_on_unless_a_time_is_given(tmp_path: Path) -> None:
    lines = minutes(40)
    trace = read_trace(written(tmp_path, lines[:5] + lines[9:]))
    first = trace.series.first
    assert trace.scored_from(None) == first + 22  # the 19th of 36 rows
    assert trace.scored_from("2021-08-11T00:30:00Z") == first + 30
    assert trace.scored_from("2021-08-11 02:29:01+02:00") == first + 30


@pytest.mark.parametrize("until", ["2021-08-11", "2021-08-11T01:00:00Z", "1998-01-01", "soon", ""])
def test_a_time_outside_of_the_file_is_refused(tmp_path: Path, until: str) -> None:
    trace = read_trace(written(tmp_path, minutes(60)))
    with pytest.raises(
        TraceError, match=r"load\.csv: --train-until: found .* allowed a time after"
    ):
        trace.scored_from(until)


def test_a_long_file_is_read_whole(tmp_path: Path) -> None:
    assert read_trace(written(tmp_path, minutes(84_000))).rows == 84_000


def test_every_public_trace_is_read(traces: Path) -> None:
    paths = [path for path in sorted(traces.rglob("*.csv")) if "bike" not in path.name]
    assert paths
    for path in paths:
        trace = read_trace(path)
        assert trace.rows == len(path.read_text().splitlines()) - 1
    hourly = read_trace(traces / "bike_sharing_hourly.csv", column="users")
    assert (hourly.step_s, hourly.rows) == (3_600, 17_544)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("2021-08-11T00:05:00Z,1,000", "3 columns"),
        ("2021-08-11T00:05:00Z,100,25", "3 columns"),
        ("2021-08-11T00:05:00Z", "1 column"),
    ],
)
def test_a_row_with_other_columns_than_the_first_is_no_load(
    tmp_path: Path, row: str, found: str
) -> None:
    lines = minutes(12)
    lines[5] = row
    path = written(tmp_path, lines)
    with pytest.raises(TraceError) as refused:
        read_trace(path)
    expected = f"{path}:7: row: found {found}, allowed 2 columns, as in the first row"
    assert str(refused.value) == expected
