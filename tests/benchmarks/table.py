"""One row of what was measured, and the table of all of them."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure beside a named baseline of the same run.

    Attributes:
        value, baseline: in ``unit``; the ratio of the two is what can be compared across machines.
        against: what the baseline is.
        limit: what the product promises, in ``unit``; None where it promises nothing.
    """

    measure: str
    value: float
    unit: str
    baseline: float
    against: str
    limit: float | None = None
    at_least: bool = False  # the limit is a lower one

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        within = self.value >= self.limit if self.at_least else self.value <= self.limit
        sign = ">=" if self.at_least else "<="
        return f"{sign} {figure(self.limit)} {'ok' if within else 'MISSED'}"


HEADER = ("measure", "value", "", "ratio", "baseline", "against", "limit")


def table(rows: Iterable[Row]) -> str:
    """Rows as aligned text."""
    cells = [
        HEADER,
        *(
            (
                row.measure,
                figure(row.value),
                row.unit,
                f"{row.value / row.baseline:.2f} x" if row.baseline else "-",
                figure(row.baseline),
                row.against,
                row.verdict,
            )
            for row in rows
        ),
    ]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADER))]
    right = {1, 3, 4}
    return "\n".join(
        "  ".join(
            text.rjust(width) if place in right else text.ljust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """What the absolute figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )
