"""What the scaler's core refuses, and nothing about who asked.

ScalerError
├── SeriesError      load that is no regular, finite, non-negative series
├── PolicyError      limits that break a rule, or contradict each other
└── NotEnoughHistoryError a model cannot be fitted from what is there
"""

__all__ = ["NotEnoughHistoryError", "PolicyError", "ScalerError", "SeriesError"]


class ScalerError(Exception):
    """Base of every error that the scaler raises on purpose."""


class SeriesError(ScalerError):
    """A load series breaks a rule; ``field`` names the part that does."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"{field}: found {found}, allowed {allowed}")
        self.field, self.found, self.allowed = field, found, allowed


class PolicyError(ScalerError):
    """What a workload is scaled by breaks a rule; ``field`` names what does."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"{field}: found {found}, allowed {allowed}")
        self.field, self.found, self.allowed = field, found, allowed


class NotEnoughHistoryError(ScalerError):
    """Fewer complete examples than a fit and its judgement need."""

    def __init__(self, rows: int, needed: int) -> None:
        super().__init__(f"{rows} examples are there, a fit needs {needed}")
        self.rows, self.needed = rows, needed
