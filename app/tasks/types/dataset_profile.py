"""dataset.profile: what a CSV holds, column by column, in bounded memory."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.references import DATASET, Reference
from app.tasks.catalogue import TaskParameters, TaskType
from app.tasks.context import Context, Result


class Parameters(TaskParameters):
    dataset_id: Annotated[UUID, Reference(DATASET)] = Field(description="The dataset to look at.")
    bins: int = Field(default=20, ge=2, le=200, description="Bins of each histogram.")


def run(parameters: Parameters, context: Context) -> Result:
    """Profile a dataset. A retry reads it again from its start; nothing is written."""
    from app.analysis.profile import profile  # noqa: PLC0415 - pandas only where it is needed

    return profile(
        context.dataset(parameters.dataset_id), bins=parameters.bins, progress=context.progress
    )


TYPE = TaskType(
    name="dataset.profile",
    title="Profile a dataset",
    description=(
        "Types, missing values, quantiles (rank error at most 1 %), histograms and correlations of "
        "every column, read in chunks."
    ),
    parameters=Parameters,
    run=run,
)
