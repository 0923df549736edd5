"""load.synthetic: holds a slot for a given time, to see how the platform behaves under load."""

import time
from typing import Literal

from pydantic import Field

from app.tasks.catalogue import TaskParameters, TaskType
from app.tasks.context import Context, Result

STEP_S = 0.1


class Parameters(TaskParameters):
    seconds: float = Field(
        default=1.0, ge=0.0, le=3_600.0, description="How long the slot is held, seconds."
    )
    mode: Literal["cpu", "wait"] = Field(
        default="wait",
        description="'cpu' keeps one core busy, 'wait' sleeps, so that slots add up on few cores.",
    )


def run(parameters: Parameters, context: Context) -> Result:
    """Hold the slot. A retry repeats the whole time; nothing else is touched."""
    start = time.monotonic()
    rounds = 0
    while (elapsed := time.monotonic() - start) < parameters.seconds:
        context.progress(elapsed / parameters.seconds)
        step_s = min(STEP_S, parameters.seconds - elapsed)
        if parameters.mode == "wait":
            time.sleep(step_s)
        else:
            rounds += _burn(step_s)
    return {
        "seconds": round(time.monotonic() - start, 3),
        "mode": parameters.mode,
        "rounds": rounds,
    }


def _burn(seconds: float) -> int:
    rounds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1_000))
        rounds += 1
    return rounds


TYPE = TaskType(
    name="load.synthetic",
    title="Synthetic load",
    description="Holds a worker slot for a given time, busy or waiting.",
    parameters=Parameters,
    run=run,
)
