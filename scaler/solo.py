"""What stands in where there is nobody else: one process, its settings' workloads, no audience."""

from collections.abc import Sequence

from scaler.records import Workload

__all__ = ["Alone", "NoTargets", "Quiet"]


class Alone:
    """A ``Writership`` of the only process that there is."""

    def holds(self) -> bool:
        return True

    def holder(self) -> str | None:
        return None


class NoTargets:
    """``Targets`` where none can be found."""

    def found(self) -> Sequence[Workload]:
        return ()

    @property
    def problems(self) -> Sequence[str]:
        return ()


class Quiet:
    """An ``Announcer`` whose log and metrics are enough."""

    def announce(self, workload: str, reason: str, note: str, *, is_warning: bool = False) -> None:
        """Says nothing."""
