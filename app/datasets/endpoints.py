"""Datasets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app import contract
from app.core.deps import AppResources, Operator, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, Unavailable, problems
from app.datasets.errors import (
    DatasetNotFound,
    DatasetRefused,
    StorageFull,
    TooLarge,
    TooManyUploads,
    UnnamedDataset,
    UploadStalled,
)
from app.datasets.incoming import Upload
from app.datasets.schemas import DatasetView
from app.datasets.service import Datasets
from app.datasets.storage import Storage

__all__ = ["router"]

router = APIRouter(prefix=contract.API_VERSION_PREFIX + "/datasets", tags=["datasets"])

UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "hour,users\n0,16\n1,40\n",
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


def _datasets(request: Request, resources: AppResources) -> Datasets:
    state = request.app.state
    if not hasattr(state, "datasets"):
        storage = Storage(resources.settings.data_dir)
        state.datasets = Datasets(database=resources.database, storage=storage)
    datasets: Datasets = state.datasets
    return datasets


Kept = Annotated[Datasets, Depends(_datasets)]


@router.post(
    "",
    status_code=201,
    openapi_extra=UPLOAD_BODY,
    responses=problems(
        NotAuthenticated,
        NotAllowed,
        UploadStalled,
        TooLarge,
        DatasetRefused,
        UnnamedDataset,
        StorageFull,
        TooManyUploads,
        Unavailable,
    ),
)
async def upload_dataset(
    request: Request,
    caller: Operator,
    datasets: Kept,
    resources: AppResources,
    name: Annotated[
        str | None, Query(max_length=255, description="Needed unless a form names the file.")
    ] = None,
) -> DatasetView:
    """Upload a CSV: UTF-8, a header, every row of its length. Checked while it comes in."""
    upload = Upload(request, limit_bytes=resources.settings.max_upload_bytes)
    return DatasetView.model_validate(await datasets.upload(caller, upload, name=name))


@router.get("", responses=problems(NotAuthenticated, Unavailable))
async def list_datasets(caller: Viewer, datasets: Kept) -> list[DatasetView]:
    """Your 500 newest datasets (an admin's: everybody's), newest first."""
    return [DatasetView.model_validate(found) for found in await datasets.newest(caller)]


@router.get("/{id}", responses=problems(NotAuthenticated, DatasetNotFound, Unavailable))
async def read_dataset(id: UUID, caller: Viewer, datasets: Kept) -> DatasetView:
    """One dataset's size and columns."""
    return DatasetView.model_validate(await datasets.read(caller, id))


@router.delete(
    "/{id}",
    status_code=204,
    responses=problems(NotAuthenticated, NotAllowed, DatasetNotFound, Unavailable),
)
async def delete_dataset(id: UUID, caller: Operator, datasets: Kept) -> None:
    """Delete a dataset. A task that reads it goes on; one that has not begun fails and says why."""
    await datasets.delete(caller, id)
