"""What a person sees of the demo, line by line; all of it on stderr where stdout is for JSON."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local.demo.watch import Observation

Show = Callable[[float, str], None]  # fraction in [0, 1], a few words


class Screen:
    """Lines and progress bars on one console."""

    def __init__(self, *, quiet_stdout: bool, console: Console | None = None) -> None:
        self._console = console or Console(stderr=quiet_stdout, highlight=False)
        self._desired: int | None = None

    def step(self, text: str) -> None:
        """The next part of the demo begins."""
        self._console.print(f"\n[bold]{escape(text)}[/bold]")

    def line(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True)

    @contextmanager
    def progress(self, title: str) -> Iterator[Show]:
        """A bar that is live on a terminal, and one line at the end elsewhere."""
        columns = (
            TextColumn("  {task.description:<22}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}", markup=False),
        )
        with Progress(*columns, console=self._console) as bars:
            bar = bars.add_task(title, total=1.0, words="")

            def show(fraction: float, words: str) -> None:
                bars.update(bar, completed=min(1.0, fraction), words=words)

            yield show

    def look(self, seen: Observation, *, elapsed_s: float, rate: float) -> None:
        """One line about the replay, and the latest decision's sentence when replicas change."""
        minutes, seconds = divmod(int(abs(elapsed_s)), 60)
        clock = f"{'-' if elapsed_s < 0 else ' '}{minutes:02d}:{seconds:02d}"
        alone = "" if seen.reactive is None else f", reactive alone {seen.reactive}"
        forecast = "none yet" if seen.forecast is None else _figure(seen.forecast)
        if seen.upper is not None and seen.level is not None:
            forecast += f" ({100 * seen.level:g} %: {_figure(seen.upper)})"
        self.line(
            f" {clock}  {rate:4.1f} tasks/s  queue {_figure(seen.queued)}  "
            f"load {_figure(seen.load)}  forecast {forecast}  "
            f"replicas {seen.ready}/{seen.desired} (of {seen.minimum} to {seen.maximum}{alone})"
        )
        if seen.desired != self._desired and seen.decision:
            self.line(f"         {seen.decision}")
        elif seen.forecast is None and seen.why_none and self._desired is None:
            self.line(f"         no forecast: {seen.why_none}")
        self._desired = seen.desired


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")
