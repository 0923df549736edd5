"""JSON schemas for kubeconform, made from what an API server says of its kinds (OpenAPI v3).

As strict as the server's own validation of fields: an object with named properties has no others,
but where the server says that it keeps whatever it is given.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cluster.client import Client
from tests.cluster.waiting import wait_for

__all__ = ["LOCATION", "write_schemas"]

# kubeconform's template: the group of an apiVersion without one is its version.
LOCATION = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
COMPONENTS, DEFINITIONS = "#/components/schemas/", "#/definitions/"
OPEN = "x-kubernetes-preserve-unknown-fields"
KINDS = "x-kubernetes-group-version-kind"
# What says how an object may be made up, not which fields it has.
STRUCTURE = ("properties", "items", "additionalProperties", "allOf")

Schema = dict[str, Any]
Kind = tuple[str, str, str]  # group, version, kind


def write_schemas(client: Client, folder: Path) -> int:
    """One file a kind; how many. Waits for the server to have published every definition."""
    wanted = _defined(client)
    documents: list[dict[str, Schema]] = []

    def published() -> bool:
        documents[:] = _documents(client)
        return wanted <= {kind for document in documents for kind in _kinds(document)}

    wait_for("the server publishes every definition", published)
    return sum(_write(document, folder) for document in documents)


def _defined(client: Client) -> set[Kind]:
    """The kinds of all CustomResourceDefinitions, in the versions that are served."""
    return {
        (each["spec"]["group"], version["name"], each["spec"]["names"]["kind"])
        for each in client.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        for version in each["spec"]["versions"]
        if version["served"]
    }


def _documents(client: Client) -> Iterator[dict[str, Schema]]:
    for path in client.request("GET", "/openapi/v3")["paths"]:
        if path.startswith(("api/", "apis/")):
            # Without the hash that the list has: it is out of date when a definition just came.
            document = client.request("GET", f"/openapi/v3/{path}")
            yield document.get("components", {}).get("schemas", {})


def _kinds(document: dict[str, Schema]) -> Iterator[Kind]:
    for schema in document.values():
        for kind in schema.get(KINDS, ()):
            yield kind["group"], kind["version"], kind["kind"]


def _write(document: dict[str, Schema], folder: Path) -> int:
    schemas = {name: _strict(each) for name, each in document.items()}
    count = 0
    for name, schema in schemas.items():
        for group, version, kind in _kinds({name: schema}):
            definitions = {name: schema, **_used(schema, schemas)}
            file = folder / (group or version) / f"{kind.lower()}_{version}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"$ref": DEFINITIONS + name, "definitions": definitions})
            file.write_text(text)
            count += 1
    return count


def _strict(schema: Any) -> Any:
    """A schema of OpenAPI as one of JSON, closed to fields that it does not name."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    if reference := made.get("$ref"):
        return {"$ref": reference.replace(COMPONENTS, DEFINITIONS)}
    for field in STRUCTURE:
        if field == "properties" and field in made:
            made[field] = {name: _strict(each) for name, each in made[field].items()}
        elif field in made:
            made[field] = _strict(made[field])
    if "properties" in made and not made.get(OPEN):
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _used(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Schema]:
    """The schemas that one refers to, directly or not."""
    found: dict[str, Schema] = {}
    left = list(_references(schema))
    while left:
        name = left.pop()
        if name not in found:
            found[name] = schemas[name]
            left += _references(schemas[name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.removeprefix(DEFINITIONS)
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
