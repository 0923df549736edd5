"""The platform at a glance, for the first page of the dashboard."""

import time
from typing import Annotated

from fastapi import APIRouter, Query

from app import contract
from app.core.deps import AppResources, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, problems
from app.platform import service
from app.platform.schemas import Overview

__all__ = ["router"]

router = APIRouter(
    prefix=contract.API_VERSION_PREFIX + "/platform",
    tags=["platform"],
    responses=problems(NotAuthenticated, NotAllowed),
)


@router.get("/overview")
async def read_overview(
    _caller: Viewer,
    resources: AppResources,
    window_s: Annotated[int, Query(ge=60, le=604_800)] = 900,
) -> Overview:
    """Requests, errors, latency, queue and replicas; what is missing stands in ``degraded``."""
    return await service.overview(resources.prometheus, window_s=window_s, now_s=time.time())
