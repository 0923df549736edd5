"""Why a dataset is refused.

DatasetRefused      422  what was uploaded is no CSV that tasks can read; says the line and what was
found ├── UnnamedDataset       neither ?name= nor a file name TooLarge            413  above the
limit of the setting AUTOSERVE_MAX_UPLOAD_BYTES UploadStalled       408  the client stopped sending
StorageFull         507  no space is left for it TooManyUploads      503  as many uploads are under
way as this replica takes DatasetNotFound     404
"""

from uuid import UUID

from app.core.errors import AutoServeError, FieldProblem, InvalidValue, NotFound, Unavailable

__all__ = [
    "DatasetNotFound",
    "DatasetRefused",
    "StorageFull",
    "TooLarge",
    "TooManyUploads",
    "UnnamedDataset",
    "UploadStalled",
]


class DatasetRefused(InvalidValue):
    title = "The file is no CSV that tasks can read"

    def __init__(self, found: str, *, allowed: str, line: int | None = None) -> None:
        place = "" if line is None else f"line {line}: "
        field = "body" if line is None else f"body.line[{line}]"
        super().__init__(
            f"{place}{found}; allowed: {allowed}",
            errors=(FieldProblem(field=field, found=found, allowed=allowed),),
        )
        self.found, self.allowed, self.line = found, allowed, line


class UnnamedDataset(InvalidValue):
    title = "The dataset has no name"

    def __init__(self, found: str | None) -> None:
        allowed = "1 to 255 characters, none of them a control character"
        super().__init__(
            f"name: {allowed}",
            errors=(FieldProblem(field="query.name", found=found, allowed=allowed),),
        )


class TooLarge(AutoServeError):
    status = 413
    title = "The dataset is too large"

    def __init__(self, *, limit_bytes: int, found_bytes: int | None = None) -> None:
        found = f"more than {limit_bytes}" if found_bytes is None else str(found_bytes)
        allowed = f"at most {limit_bytes} bytes"
        super().__init__(
            f"The body has {found} bytes; allowed: {allowed}",
            errors=(FieldProblem(field="body", found=f"{found} bytes", allowed=allowed),),
            # What the client still sends is not read, so the connection cannot be used again.
            headers={"Connection": "close"},
        )
        self.limit_bytes = limit_bytes


class UploadStalled(AutoServeError):
    status = 408
    title = "The upload stopped"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The upload was not finished: {reason}", headers={"Connection": "close"})


class StorageFull(AutoServeError):
    status = 507
    title = "No space is left for the dataset"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The dataset was not kept: {reason}", headers={"Connection": "close"})


class TooManyUploads(Unavailable):
    title = "Too many uploads at once"

    def __init__(self, limit: int) -> None:
        super().__init__(f"This replica already takes {limit} uploads; try again", retry_after_s=10)


class DatasetNotFound(NotFound):
    def __init__(self, id: UUID) -> None:
        super().__init__(f"There is no dataset {id}")
