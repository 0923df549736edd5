"""What the API gives about datasets."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DatasetView"]


class DatasetView(BaseModel):
    """A checked CSV that tasks can work on."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["bike_sharing_hourly.csv"])
    size_bytes: int = Field(examples=[1490560])
    rows: int = Field(description="Without the header and blank lines.", examples=[17544])
    columns: list[str] = Field(examples=[["date_time", "temp", "users"]])
    created_at: datetime
    owner_id: UUID
