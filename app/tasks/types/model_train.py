"""model.train: a regression or classification model of one column, with cross-validated scores."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.references import DATASET, Reference
from app.tasks.catalogue import TaskParameters, TaskType
from app.tasks.context import Context, Result


class Parameters(TaskParameters):
    dataset_id: Annotated[UUID, Reference(DATASET)] = Field(
        description="The dataset to learn from."
    )
    target: str = Field(min_length=1, max_length=500, description="The column to predict.")
    kind: Literal["auto", "regression", "classification"] = Field(
        default="auto", description="'auto' chooses by the target's values."
    )
    folds: int = Field(default=5, ge=2, le=10, description="Parts of the cross-validation.")
    max_rows: int = Field(
        default=100_000,
        ge=100,
        le=1_000_000,
        description="Above so many rows a random sample of them is used.",
    )


def run(parameters: Parameters, context: Context) -> Result:
    """Train and keep a model. A retry repeats all of it and writes a model file of its own."""
    from app.analysis.training import train  # noqa: PLC0415 - scikit-learn only where it is needed

    return train(
        context.dataset(parameters.dataset_id),
        target=parameters.target,
        kind=parameters.kind,
        folds=parameters.folds,
        max_rows=parameters.max_rows,
        model_file=context.model_file(),
        progress=context.progress,
    )


TYPE = TaskType(
    name="model.train",
    title="Train a model",
    description="Predicts one column from the others; scores by cross-validation; kept with skops.",
    parameters=Parameters,
    run=run,
)
