"""What is taken as a CSV, however its bytes are cut into chunks, and what is refused and why."""

import contextlib
import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.datasets.errors import DatasetRefused
from app.datasets.validation import checked_shape


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        pytest.param(b"a,b\n1,2\n3,4\n", ("a", "b"), 2, id="plain"),
        pytest.param(b"a,b\r\n1,2\r\n", ("a", "b"), 1, id="windows-line-ends"),
        pytest.param(b"a,b\n1,2", ("a", "b"), 1, id="no-line-end-at-the-end"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", ("a", "b"), 1, id="byte-order-mark"),
        pytest.param(b'a,b\n"1,5","x\ny"\n', ("a", "b"), 1, id="comma-and-line-end-in-quotes"),
        pytest.param(b'a\n"say ""hi"""\n', ("a",), 1, id="quotes-in-quotes"),
        pytest.param(b"\n\na,b\n\n1,2\n\n", ("a", "b"), 1, id="blank-lines"),
        pytest.param("größe,日\n1,2\n".encode(), ("größe", "日"), 1, id="not-ascii"),
        pytest.param(b"a,b\n,\n", ("a", "b"), 1, id="missing-values"),
        pytest.param("a\nx\u2028y\x0cz\n".encode(), ("a",), 1, id="other-line-separators"),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1_000])
def test_a_sound_csv_is_taken(
    content: bytes, columns: tuple[str, ...], rows: int, piece: int
) -> None:
    pieces = [content[start : start + piece] for start in range(0, len(content), piece)]
    shape = checked_shape(pieces)
    assert (shape.columns, shape.rows) == (columns, rows)


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        pytest.param(b"", None, "an empty file", id="empty"),
        pytest.param(b"\n\n", None, "an empty file", id="blank"),
        pytest.param(b"a,b\n", None, "a header and no rows", id="only-a-header"),
        pytest.param(b"a,b\n1,2\n3\n", 3, "1 values where the header has 2 names", id="short-row"),
        pytest.param(b"a,b\n1,2,3\n", 2, "3 values where the header has 2 names", id="long-row"),
        pytest.param(b"a,a\n1,2\n", 1, "columns 1 and 2 are both named 'a'", id="same-name-twice"),
        pytest.param(b"a,\n1,2\n", 1, "column 2 has no name", id="unnamed-column"),
        pytest.param(b"1,2.5\n3,4\n", 1, "no header: the first row is '1,2.5'", id="no-header"),
        pytest.param(b"a\n1\nx\0y\n", 3, "a NUL at byte 5", id="nul"),
        pytest.param(
            "a\n1\n".encode("utf-16-be"), 1, "a NUL at byte 0 (is it UTF-16?)", id="utf-16"
        ),
        pytest.param(
            "a\nM\xfcnchen\n".encode("latin-1"), 2, "byte 0xfc at byte 3 is not UTF-8", id="latin-1"
        ),
        pytest.param(b"a\n1\n\xe2\x82", 3, "byte 0xe2 at byte 4 is not UTF-8", id="cut-character"),
        pytest.param(b'a,b\n"1,2\n3,4\n', 3, "a quote is opened and never closed", id="open-quote"),
        pytest.param(b'a\n"1"2\n', 2, "',' expected after '\"'", id="text-after-quote"),
        pytest.param(b"a\r1\r2\r", 1, "a carriage return without a line feed", id="old-mac"),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 1_000])
def test_what_is_no_csv_is_refused_with_its_place(
    content: bytes, line: int | None, found: str, piece: int
) -> None:
    pieces = [content[start : start + piece] for start in range(0, len(content), piece)]
    with pytest.raises(DatasetRefused) as refused:
        checked_shape(pieces)
    assert refused.value.found == found
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("begin", "repeated", "pieces", "most_mib"),
    [
        pytest.param(b"a,b\n", b"1,2\n", 60, 3, id="many-rows"),
        pytest.param(b'a,b\n1,"', b"never closed\n", 60, 3, id="a-quote-left-open"),
        pytest.param(b"a,b\n1,", b"one endless line ", 700, 40, id="an-endless-line"),
    ],
)
def test_memory_does_not_grow_with_the_file(
    begin: bytes, repeated: bytes, pieces: int, most_mib: int
) -> None:
    piece = repeated * (65_536 // len(repeated))

    def content() -> Iterator[bytes]:
        yield begin
        for _ in range(pieces):
            yield piece

    tracemalloc.start()
    try:
        with contextlib.suppress(DatasetRefused):
            checked_shape(content())
        assert tracemalloc.get_traced_memory()[1] < most_mib * 2**20
    finally:
        tracemalloc.stop()


_text = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@given(
    rows=st.lists(st.lists(_text, min_size=2, max_size=2), min_size=1, max_size=8),
    piece=st.integers(1, 40),
)
def test_whatever_is_written_as_csv_is_read_as_such(rows: list[list[str]], piece: int) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    content = written.getvalue().encode()
    shape = checked_shape(content[i : i + piece] for i in range(0, len(content), piece))
    assert shape.rows == len(rows)
