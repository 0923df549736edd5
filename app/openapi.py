"""The API's description: texts, tags, and problem details as the answer to every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import contract
from app.core.errors import PROBLEM_MEDIA_TYPE, Problem

__all__ = ["DOCS_PATH", "SCHEMA_PATH", "describe"]

DOCS_PATH = contract.API_PREFIX + "/docs"
SCHEMA_PATH = contract.API_PREFIX + "/openapi.json"
VERSION = "1"
DESCRIPTION = """\
Sign in, submit tasks, follow their progress live, and see why replicas follow the load.

Every error is a problem document (RFC 9457, `application/problem+json`). Every answer carries
`X-Request-ID`; send your own to find a request in the logs.
"""
TAGS = [
    {"name": "auth", "description": "Register, sign in, refresh, sign out."},
    {"name": "users", "description": "The signed-in user; for administrators, all users."},
    {"name": "datasets", "description": "CSV files that tasks work on."},
    {"name": "tasks", "description": "Work that runs in the background, with live progress."},
    {"name": "scaling", "description": "What the scaler sees, forecasts and decides."},
    {"name": "platform", "description": "The platform at a glance."},
]


def describe(app: FastAPI) -> None:
    """Make ``app.openapi`` give the description; it is made once, when it is first asked for."""
    app.openapi = lambda: _cached(app)  # type: ignore[method-assign] # FastAPI's documented way


def _cached(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="AutoServe",
        version=VERSION,
        description=DESCRIPTION,
        tags=TAGS,
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(own.pop("$defs"))
    schemas["Problem"] = own
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            _declare_problems(operation["responses"])
    return document


def _declare_problems(responses: dict[str, Any]) -> None:
    """A wrong value, too many requests at once, and whatever else: all are problems."""
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if "422" in responses:
        responses["422"] = {"description": "A value is not allowed", "content": content}
    responses.setdefault("503", {"description": "Busy, or a dependency is away"})
    responses["503"].setdefault("content", content)
    responses["default"] = {"description": "Any other error", "content": content}
