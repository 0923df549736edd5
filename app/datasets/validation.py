"""Whether a stream of bytes is a CSV that tasks can read, found out while it passes, in bounded
memory.

A file is taken when it is UTF-8 (a byte order mark is fine) without NUL, separated by commas and
quoted as in RFC 4180, with a header of distinct names and at least one row, every row of the
header's length. Blank lines are skipped, as readers of CSV do. The first thing that is wrong ends
the reading.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.datasets.errors import DatasetRefused

__all__ = ["Shape", "checked_shape"]

MAX_COLUMNS = 5_000
MAX_LINE_CHARACTERS = 8 * 2**20
MAX_NAME_CHARACTERS = 500
SHOWN = 60

CONSISTENT = "as many values in every row as the header has names"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a checked CSV looks like."""

    columns: tuple[str, ...]
    rows: int


def checked_shape(chunks: Iterable[bytes]) -> Shape:
    """Read all chunks and say what they hold.

    Raises:
        DatasetRefused: with the line, what was found and what is allowed.
    """
    reader = csv.reader(_lines(chunks), strict=True)
    rows = 0
    try:
        columns = _header(reader)
        expected = len(columns)
        for row in reader:
            if len(row) == expected:
                rows += 1
            elif row:
                found = f"{len(row)} values where the header has {expected} names"
                raise DatasetRefused(found, allowed=CONSISTENT, line=reader.line_num)
    except csv.Error as exc:
        raise _not_csv(exc, reader.line_num) from exc
    if rows == 0:
        raise DatasetRefused("a header and no rows", allowed="a header and at least one row")
    return Shape(columns=columns, rows=rows)


def _header(reader: Iterator[list[str]]) -> tuple[str, ...]:
    row = next((row for row in reader if row), None)
    if row is None:
        raise DatasetRefused("an empty file", allowed="a header and at least one row")
    if len(row) > MAX_COLUMNS:
        raise DatasetRefused(f"{len(row)} columns", allowed=f"at most {MAX_COLUMNS}", line=1)
    for place, name in enumerate(row, start=1):
        if not name.strip():
            raise DatasetRefused(f"column {place} has no name", allowed="a name each", line=1)
        if len(name) > MAX_NAME_CHARACTERS:
            found = f"column {place} has a name of {len(name)} characters"
            raise DatasetRefused(found, allowed=f"at most {MAX_NAME_CHARACTERS}", line=1)
    if all(_is_number(name) for name in row):
        found = f"no header: the first row is {','.join(row)[:SHOWN]!r}"
        raise DatasetRefused(found, allowed="a first row with the names of the columns", line=1)
    first: dict[str, int] = {}
    for place, name in enumerate(row, start=1):
        if name in first:
            found = f"columns {first[name]} and {place} are both named {name[:SHOWN]!r}"
            raise DatasetRefused(found, allowed="a different name for every column", line=1)
        first[name] = place
    return tuple(row)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Physical lines with their ends, as csv.reader wants them."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    held, lines, read, is_start = "", 0, 0, True
    for chunk in chunks:
        text = _decoded(decoder, chunk, read=read, lines=lines)
        if is_start and text:
            is_start, text = False, text.removeprefix("\N{BYTE ORDER MARK}")
        read += len(chunk)
        lines += chunk.count(b"\n")
        *whole, held = (held + text).split("\n")
        for line in whole:
            yield line + "\n"
        if len(held) > MAX_LINE_CHARACTERS:
            found = f"a line of more than {MAX_LINE_CHARACTERS} characters"
            raise DatasetRefused(found, allowed="lines that end", line=lines + 1)
    _decoded(decoder, b"", read=read, lines=lines, final=True)
    if held:
        yield held


def _decoded(
    decoder: codecs.IncrementalDecoder, chunk: bytes, *, read: int, lines: int, final: bool = False
) -> str:
    pending = len(decoder.getstate()[0])
    nul = chunk.find(b"\0")
    if nul >= 0:
        hint = " (is it UTF-16?)" if read == 0 and nul < 4 else ""
        found = f"a NUL at byte {read + nul}{hint}"
        raise DatasetRefused(
            found, allowed="text in UTF-8", line=lines + 1 + chunk.count(b"\n", 0, nul)
        )
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as exc:
        offset = read - pending + exc.start
        line = lines + 1 + exc.object.count(b"\n", 0, exc.start)
        found = f"byte 0x{exc.object[exc.start]:02x} at byte {offset} is not UTF-8"
        raise DatasetRefused(found, allowed="text in UTF-8", line=line) from exc


def _not_csv(error: csv.Error, line: int) -> DatasetRefused:
    text = str(error)
    if "field larger than field limit" in text:
        found = f"a value of more than {csv.field_size_limit()} characters (is a quote left open?)"
        return DatasetRefused(found, allowed="shorter values, quotes in pairs", line=line)
    if "unexpected end of data" in text:
        return DatasetRefused("a quote is opened and never closed", allowed="pairs", line=line)
    if "new-line character" in text:
        found = "a carriage return without a line feed"
        return DatasetRefused(found, allowed="lines that end with LF or CR LF", line=line)
    allowed = 'values with quotes inside written as "a ""quoted"" word"'
    return DatasetRefused(text, allowed=allowed, line=line)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
