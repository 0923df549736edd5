"""Figures, times and tables as people read them, and times as they type them."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import click

__all__ = ["DURATION", "MOMENT", "figure", "print_table", "time_of"]

UNITS_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


class Duration(click.ParamType[float]):
    """``90s``, ``30m``, ``2h``, ``1d`` or several of them together, as seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, int | float):
            return float(value)
        text = str(value).strip()
        if not re.fullmatch(r"(\d+(\.\d+)?[dhms])+", text):
            self.fail(f"found {text!r}, allowed such as 90s, 30m, 2h, 1h30m or 1d", param, ctx)
        parts = re.findall(r"([\d.]+)([dhms])", text)
        seconds = sum(float(amount) * UNITS_S[unit] for amount, unit in parts)
        if seconds <= 0:
            self.fail(f"found {text!r}, allowed more than nothing", param, ctx)
        return seconds


class Moment(click.ParamType[datetime]):
    """A time in ISO 8601; UTC where it has no offset."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"found {value!r}, allowed such as 2026-11-25T18:30 (UTC)", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


DURATION, MOMENT = Duration(), Moment()


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)
) -> None:
    """Aligned text: the columns of ``left`` to the left, figures to the right."""
    cells = [header, *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    for row in cells:
        aligned = (
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(aligned).rstrip())


def figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def time_of(value: str | float) -> str:
    """A moment as people write it, UTC."""
    moment = (
        datetime.fromtimestamp(value, UTC)
        if isinstance(value, int | float)
        else datetime.fromisoformat(value).astimezone(UTC)
    )
    return moment.strftime("%Y-%m-%d %H:%M:%S")
