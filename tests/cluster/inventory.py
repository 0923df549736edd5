"""Every object that an API server keeps, whatever its kind."""

from collections.abc import Iterator

import httpx

from tests.cluster.client import ApiError, Client, Manifest
from tests.cluster.waiting import wait_for

__all__ = ["everything"]

# What happened is told for an hour, also of what is long gone.
PASSING = {"Event"}


def everything(admin: Client) -> set[tuple[str, str, str]]:
    """Kind (with its group's version), namespace and name of each object."""
    return {
        (f"{version}/{kind}", found["metadata"].get("namespace", ""), found["metadata"]["name"])
        for version, kind, path in _listable(admin)
        for found in _items(admin, path)
        if kind not in PASSING
    }


def _listable(admin: Client) -> Iterator[tuple[str, str, str]]:
    groups = admin.request("GET", "/apis")["groups"]
    preferred = [each["preferredVersion"]["groupVersion"] for each in groups]
    for version, root in [("v1", "/api/v1"), *((each, f"/apis/{each}") for each in preferred)]:
        for resource in admin.request("GET", root)["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"]:
                yield version, resource["kind"], f"{root}/{resource['name']}"


def _items(admin: Client, path: str) -> list[Manifest]:
    def listed() -> Manifest | None:
        try:
            return admin.request("GET", path)
        except ApiError as error:
            # A definition is established some time before its objects can be listed.
            if error.status != httpx.codes.TOO_MANY_REQUESTS:
                raise
            return None

    items: list[Manifest] = wait_for(f"{path} can be listed", listed)["items"]
    return items
