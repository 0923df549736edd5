"""Spoiling the good platform: one field of one resource at a time."""

import copy
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.policy.manifests import Manifest, resource_name

__all__ = ["ABSENT", "Bad", "deployment", "good", "put", "spoiled", "token"]

GOOD = Path(__file__).with_name("good.yaml")
ABSENT = object()  # the field is removed
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[([^\]]+)\]")


@dataclass(frozen=True)
class Bad:
    """A change to the good platform, and what the rule must say of it.

    Attributes:
        resource: what is changed; it is copied first where ``copy`` gives the copy's name.
        path: ``spec.rules[0].verbs``; a key with dots stands in brackets.
        says: ``found ...; allowed: ...``
        on: the resource that is named, where it is not the changed one.
        at: the field that is named, where it is not the changed one.
    """

    rule: str
    resource: str
    path: str
    value: Any
    says: str
    on: str = ""
    at: str = ""
    copy: str = ""

    @property
    def sentence(self) -> str:
        """How the finding begins."""
        return f"{self.on or self.resource}: {self.at or self.path}: {self.says}"


def good() -> list[dict[str, Any]]:
    """The resources of the good platform, new each time."""
    loaded: list[dict[str, Any]] = json.loads(_good())
    return loaded


def token(manifest: Manifest) -> str:
    """Its type in the engine; the core group is written out there."""
    version = manifest["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest['kind']}"


def deployment(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """The first one, the API's."""
    return next(each for each in manifests if each["kind"] == "Deployment")


def spoiled(bad: Bad) -> list[dict[str, Any]]:
    """The good platform with one thing wrong."""
    manifests = good()
    target = next(each for each in manifests if resource_name(each) == bad.resource)
    if bad.copy:
        target = copy.deepcopy(target)
        target["metadata"]["name"] = bad.copy
        manifests.append(target)
    if bad.path:
        put(target, bad.path, bad.value)
    return manifests


def put(manifest: Manifest, path: str, value: Any) -> None:
    """Set what stands at a path, making the mappings on the way."""
    steps: list[Any] = []
    for key, index, quoted in STEP.findall(path):
        steps.append(int(index) if index else key or quoted)
    here: Any = manifest
    for step in steps[:-1]:
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    if value is ABSENT:
        del here[steps[-1]]
    elif isinstance(here, list) and steps[-1] == len(here):
        here.append(value)
    else:
        here[steps[-1]] = value


@cache
def _good() -> str:
    """As JSON, so that what YAML's anchors share is each one's own."""
    return json.dumps(yaml.safe_load(GOOD.read_text()))
