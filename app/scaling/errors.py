"""What can go wrong with asking the scaler."""

from app.core.errors import AutoServeError, Conflict, InvalidValue, NotFound, Unavailable

__all__ = [
    "AnotherReplicaActs",
    "ChangeRefused",
    "ModelUnusable",
    "NotKnown",
    "ScalerAnswerUnknown",
    "ScalerAway",
    "WorkloadUnknown",
]


class ScalerAway(Unavailable):
    title = "The scaler is away"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The scaler does not answer: {reason}")


class ScalerAnswerUnknown(AutoServeError):
    status = 502
    title = "The scaler's answer is not understood"

    def __init__(self, what: str) -> None:
        super().__init__(f"The scaler answered with {what}")


class WorkloadUnknown(NotFound):
    title = "No such workload"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no workload {name!r}")


class NotKnown(NotFound):
    title = "The scaler knows no such thing"


class ChangeRefused(InvalidValue):
    title = "The scaler does not take this"


class AnotherReplicaActs(Conflict):
    title = "Another replica of the scaler acts"


class ModelUnusable(Conflict):
    title = "The model cannot serve"
