"""Reading a trace: even steps out, clear errors for what is no trace."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from infra.local.demo.traces import TraceError, read_trace, resampled


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "trace.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_trace_is_read_with_its_start_and_step(tmp_path: Path) -> None:
    path = written(
        tmp_path, "timestamp,value\n2026-01-01T00:00:00Z,1.5\n2026-01-01T00:01:00Z,2.5\n"
    )
    trace = read_trace(path, step_s=60.0)
    assert trace.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert trace.step_s == 60.0
    assert trace.values.tolist() == [1.5, 2.5]


def test_other_columns_and_a_byte_order_mark_are_ignored(tmp_path: Path) -> None:
    text = "\ufeffvalue,zone,Timestamp\n1,a,2026-01-01 00:00:00\n3,b,2026-01-01 00:01:00\n"
    assert read_trace(written(tmp_path, text), step_s=60.0).values.tolist() == [1.0, 3.0]


def test_a_hole_is_bridged_by_a_straight_line() -> None:
    trace = resampled(np.array([0.0, 60.0, 240.0]), np.array([1.0, 2.0, 5.0]), step_s=60.0)
    assert trace.values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_finer_points_are_averaged_within_a_step() -> None:
    trace = resampled(np.array([0.0, 15.0, 30.0, 60.0]), np.array([1.0, 2.0, 6.0, 4.0]), step_s=60)
    assert trace.values.tolist() == [3.0, 4.0]


def test_coarser_points_are_joined_by_lines() -> None:
    trace = resampled(np.array([0.0, 3600.0]), np.array([0.0, 60.0]), step_s=60.0)
    assert trace.values.tolist() == list(range(61))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", r"line 1: found nothing; allowed: a header with timestamp", id="empty"),
        pytest.param("time,load\n", r"line 1: found time, load; allowed: a header", id="header"),
        pytest.param("timestamp,value\n", r"found 0 rows of data; allowed: at least 2", id="none"),
        pytest.param("timestamp,value\n2026-01-01,1\n", r"found 1 rows of data", id="a-single-row"),
        pytest.param(
            "timestamp,value\n2026-01-01,1,9\n",
            r"line 2: found 3 fields; allowed: 2, as in the header",
            id="ragged",
        ),
        pytest.param(
            "timestamp,value\nyesterday,1\n",
            r"line 2: found timestamp 'yesterday'; allowed: ISO-8601",
            id="no-time",
        ),
        pytest.param(
            "timestamp,value\n2026-01-02,1\n2026-01-01,1\n",
            r"line 3: found timestamp 2026-01-01; allowed: one after",
            id="backwards",
        ),
        pytest.param(
            "timestamp,value\n2026-01-01,-1\n",
            r"line 2: found value '-1'; allowed: a finite number of at least 0",
            id="negative",
        ),
        pytest.param("timestamp,value\n2026-01-01,nan\n", r"found value 'nan'", id="nan"),
        pytest.param("timestamp,value\n2026-01-01,\n", r"found value ''", id="missing"),
        pytest.param(
            b"timestamp,value\n\xff\xfe,1\n", r"byte \d+ that is not UTF-8", id="encoding"
        ),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(TraceError, match=message):
        read_trace(written(tmp_path, text), step_s=60.0)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"absent\.csv: found No such file"):
        read_trace(tmp_path / "absent.csv", step_s=60.0)
