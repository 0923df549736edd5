"""Which workloads are scaled: those of the settings, and those that ask for it while they exist."""

from collections.abc import Callable, Sequence

import numpy as np
import structlog

from scaler import contract
from scaler.archive import Archive, Write
from scaler.book import Book
from scaler.controls import Controls
from scaler.core.series import Series
from scaler.health import Dependency
from scaler.ports import HistoryStore, Targets
from scaler.records import StateRow, Unavailable, Workload
from scaler.timing import Timing

__all__ = ["Roster", "begun_anew"]

log = structlog.get_logger()
# Steps of each shown series that are kept of all workloads together: of many workloads two days, of
# few as much as of the load.
MOST_SHOWN = 2_000_000


class Roster:
    """The books of all workloads. Changed by the loop's thread; a new dict at each change.

    Attributes:
        books: by workload.
        to_restore: workloads whose kept history was not read yet.
        to_remember: workloads whose state from before the start was not taken up yet.
    """

    def __init__(
        self,
        workloads: Sequence[Workload],
        *,
        mode: str,
        timing: Timing,
        controls: Controls,
        archive: Archive,
        targets: Targets | None,
        agent: Dependency,
    ) -> None:
        """
        Args:
            mode: the most that may be done for any workload, until it is changed by hand.
            targets: ``None`` where none can be found.
        """
        self.books: dict[str, Book] = {}
        self._mode, self._timing, self._controls = mode, timing, controls
        self._archive, self._targets, self._agent = archive, targets, agent
        for workload in workloads:
            self._configure(workload)
            self.books[workload.name] = self._empty(workload, of=len(workloads))
        self._named = {workload.name: workload for workload in workloads}
        self.to_restore = set(self.books)
        self.to_remember = set(self.books)

    def find(self) -> Sequence[Workload] | None:
        """What asks to be scaled now; ``None`` where nobody can tell. May take its time."""
        if self._targets is None:
            return ()
        try:
            return self._agent.ask(self._targets.found)
        except Unavailable:
            return None

    @property
    def problems(self) -> Sequence[str]:
        """What asked to be scaled and is left alone."""
        return self._targets.problems if self._targets else ()

    def follow(self, found: Sequence[Workload], *, on_gone: Callable[[str], None]) -> bool:
        """Take up what asks to be scaled since the last tick, and let go of what no longer does.

        Args:
            on_gone: told of those that are let go of, and of those whose load is another one now.
        Returns:
            Whether there is a workload whose kept history is to be read.
        """
        wanted = self._named | {workload.name: workload for workload in found}
        books = {name: book for name, book in self.books.items() if name in wanted}
        for name in self.books.keys() - books.keys():
            self.to_restore.discard(name)
            self.to_remember.discard(name)
            on_gone(name)
            log.info("target gone", workload=name)
        is_new = False
        for name, workload in wanted.items():
            self._configure(workload)
            book = books.get(name)
            if book is not None and book.workload.load_query == workload.load_query:
                book.follow(workload)
                continue
            books[name] = self._empty(workload, of=len(wanted))
            if book is None:
                log.info("target found", workload=name, mode=workload.mode)
                self.to_restore.add(name)
                self.to_remember.add(name)
                is_new = True
            else:  # what is known, kept and still being made is of the load of something else
                log.warning("load query changed: learning anew", workload=name)
                book.generation += 1
                on_gone(name)
                self._archive.add(
                    begun_anew(books[name], last=book.newest), key=("anew", name), in_order=True
                )
        self.books = books
        return is_new

    def _empty(self, workload: Workload, *, of: int) -> Book:
        timing = self._timing
        shown = max(2 * timing.seasons[0], MOST_SHOWN // of)
        return Book.empty(workload, step_ms=timing.step_ms, keep=timing.keep_steps, shown=shown)

    def _configure(self, workload: Workload) -> None:
        """Begin with the least of the scaler's mode and the workload's own."""
        mode = min(self._mode, workload.mode, key=contract.MODES.index)
        change = self._controls.configure(workload.name, mode)
        if change is not None:
            self._archive.add_control(change)


def begun_anew(book: Book, *, last: int) -> Write:
    """Forgets what was kept of a book's load of before up to a step, and all that was learnt of it.

    The decisions stay: they were taken.
    """
    name, step_ms = book.workload.name, book.load.step_ms
    nothing = Series(step_ms=step_ms, first=last + 1, values=np.empty(0))
    state = StateRow(workload=name, step_ms=step_ms, state=book.state() | {"capacity": {}})

    def write(store: HistoryStore) -> None:
        store.replace(name, nothing)
        store.keep_states([state])

    return write
