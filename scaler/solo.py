"""What stands in where there is nobody else: one process, no audience."""

__all__ = ["Alone", "Quiet"]


class Alone:
    """A ``Writership`` of the only process that there is."""

    problem: str | None = None

    def holds(self) -> bool:
        return True

    def holder(self) -> str | None:
        return None


class Quiet:
    """An ``Announcer`` whose log and metrics are enough."""

    def announce(self, workload: str, reason: str, note: str, *, is_warning: bool = False) -> None:
        """Says nothing."""
