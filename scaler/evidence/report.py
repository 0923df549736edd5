"""What the commands about traces share: their options, their errors, their JSON and their tables.

The JSON of the same data and seed is the same, byte for byte, but for what lies under ``timing``.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

import click

from scaler.core.errors import ScalerError
from scaler.evidence.trace import Trace, read_trace
from scaler.evidence.whole_file import whole_file

__all__ = [
    "Command",
    "FiniteRange",
    "Timing",
    "as_errors",
    "naming",
    "opened",
    "options",
    "options_without_split",
    "table",
    "written",
]

# More digits than these differ between machines whose vector units add in another order.
DIGITS = 9
SHOWN_GAPS = 3
PLOT_SUFFIXES = (".png", ".svg", ".pdf")

Command = TypeVar("Command", bound=Callable[..., Any])


class FiniteRange(click.FloatRange):
    """A number in a range. Every comparison of NaN with a bound is false, so click lets it pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"found {value!r}, allowed a finite number", param, ctx)
        return number


class Timing:
    """Seconds that parts of a command took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[f"{part}_s"] = round(time.perf_counter() - began, 3)

    def total(self) -> dict[str, float]:
        return {**self.seconds, "total_s": round(time.perf_counter() - self._began, 3)}


def options(command: Command) -> Command:
    """The options that every command about forecasts on a trace has, in this order."""
    return _with(command, has_split=True)


def options_without_split(command: Command) -> Command:
    """The same without a training part, for what learns as it goes."""
    return _with(command, has_split=False)


def _with(command: Command, *, has_split: bool) -> Command:
    path = click.Path(path_type=Path)
    split = click.option(
        "--train-until",
        metavar="TIME",
        help="What lies before is learnt from, the rest is scored; default: half of the rows.",
    )
    for option in reversed(
        [
            click.option(
                "--trace", "path", required=True, type=path, help="A timestamp,value CSV file."
            ),
            click.option("--column", help="The value's column; default: value."),
            *([split] if has_split else []),
            click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True),
            click.option(
                "--json", "json_path", type=path, metavar="FILE", help="Write the figures here."
            ),
            click.option(
                "--plot",
                "plot_path",
                type=path,
                metavar="FILE",
                help="Write a picture here: .png, .svg or .pdf.",
            ),
        ]
    ):
        command = option(command)
    return command


@contextmanager
def as_errors() -> Iterator[None]:
    """What the scaler refuses ends the command with its message."""
    try:
        yield
    except ScalerError as exc:
        raise click.ClickException(str(exc)) from exc


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An error about the data names the file."""
    try:
        yield
    except ScalerError as exc:
        raise click.ClickException(f"{path}: {exc}") from exc


def opened(
    path: Path,
    *,
    column: str | None,
    json_path: Path | None,
    plot_path: Path | None,
    others: Mapping[str, Sequence[Path]],
) -> Trace:
    """The trace, once it is certain that the results can be written.

    Args:
        others: further files that are read, by option: results must not replace them.
    """
    taken = {file.resolve(): option for option, files in others.items() for file in files}
    taken[path.resolve()] = "--trace"
    for option, file in (("--json", json_path), ("--plot", plot_path)):
        if file is None:
            continue
        try:
            allowed = _lacking(file)
        except OSError as exc:
            raise click.ClickException(f"{option}: {file}: {exc.strerror}") from exc
        other = taken.setdefault(file.resolve(), option)
        if other != option:
            allowed = allowed or f"another file than that of {other}"
        if allowed:
            raise click.ClickException(f"{option}: found {file}, allowed {allowed}")
    if plot_path is not None and plot_path.suffix not in PLOT_SUFFIXES:
        raise click.ClickException(
            f"--plot: found {plot_path}, allowed a name that ends in {', '.join(PLOT_SUFFIXES)}"
        )
    trace = read_trace(path, column=column)
    _say_gaps(path, trace)
    return trace


def _lacking(file: Path) -> str:
    """What is allowed where a result cannot be written to a file; "" where it can.

    Raises:
        OSError: no file can have that name, or none can be made in its folder.
    """
    if file.exists() and not file.is_file():
        return "a file: this is a folder or a device"
    if not file.resolve().parent.is_dir():
        return "a file in a folder that exists"
    with TemporaryFile(dir=file.resolve().parent):
        return ""


def _say_gaps(path: Path, trace: Trace) -> None:
    for gap in trace.gaps[:SHOWN_GAPS]:
        rows = "row is" if gap.steps == 1 else "rows are"
        click.echo(f"{path}:{gap.line}: {gap.steps} {rows} absent before: a gap", err=True)
    if len(trace.gaps) > SHOWN_GAPS:
        click.echo(f"{path}: {len(trace.gaps) - SHOWN_GAPS} more gaps", err=True)
    if trace.empty:
        count = len(trace.empty)
        said = "the row has no value: a gap"
        if count > 1:
            said = f"the first of {count} rows without a value: gaps"
        click.echo(f"{path}:{trace.empty[0]}: {said}", err=True)


def written(result: Mapping[str, Any], path: Path | None) -> None:
    """The JSON file, where one was asked for."""
    if path is None:
        return
    text = json.dumps(_plain(result), sort_keys=True, indent=2, allow_nan=False)
    try:
        with whole_file(path) as meanwhile:
            meanwhile.write_text(text + "\n")
    except OSError as exc:
        raise click.ClickException(f"--json: {path}: {exc.strerror}") from exc


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)
) -> str:
    """Aligned text: the columns of ``left`` to the left, figures to the right."""
    cells = [header, *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if isfinite(value) else None
    return value
