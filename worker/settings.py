"""Settings of the worker and the relay, beside those that every service has."""

import tempfile
from pathlib import Path

from pydantic import Field

from app.core.settings import ServiceSettings
from worker import contract

__all__ = ["RelaySettings", "TaskSettings", "WorkerSettings"]


class TaskSettings(ServiceSettings):
    """What worker and relay both need to know of a task's life."""

    time_limit_s: int = Field(
        default=1_800,
        ge=1,
        le=86_400,
        validation_alias=contract.TASK_TIME_LIMIT_S,
        description="Seconds after which a run is ended; 1 to 86400.",
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        validation_alias=contract.MAX_ATTEMPTS,
        description="Runs of a task that keeps failing for a passing reason; 1 to 20.",
    )
    backoff_s: float = Field(
        default=2.0,
        gt=0,
        le=3_600,
        validation_alias=contract.BACKOFF_S,
        description="Seconds before the first retry, doubled for each further one; up to 3600.",
    )
    lease_s: float = Field(
        default=30.0,
        ge=1,
        le=3_600,
        validation_alias=contract.LEASE_S,
        description="Seconds without a sign of life after which a run counts as lost; 1 to 3600.",
    )

    @property
    def visibility_timeout_s(self) -> int:
        """When Redis hands out a message again that nobody acknowledged; above any run."""
        return self.time_limit_s + 600


class WorkerSettings(TaskSettings):
    """What the worker needs."""

    concurrency: int = Field(
        default=2,
        ge=1,
        le=32,
        validation_alias=contract.CONCURRENCY,
        description="Tasks at once in this replica; 1 to 32.",
    )
    scratch_dir: Path = Field(
        default=Path(tempfile.gettempdir()) / "autoserve-worker",
        validation_alias=contract.SCRATCH_DIR,
        description="A folder of this replica alone; emptied at its start.",
    )


class RelaySettings(TaskSettings):
    """What the relay needs."""

    relay_interval_s: float = Field(
        default=1.0,
        gt=0,
        le=60,
        validation_alias=contract.RELAY_INTERVAL_S,
        description="Longest pause between two looks at the outbox, seconds; up to 60.",
    )
