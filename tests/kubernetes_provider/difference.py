"""What an update would change: the live object against the new inputs, as the official plugin does.

The live object, as it was last seen, is cut down to what the old inputs name; so what the cluster
fills in is no difference, and what somebody changed by hand is one after a refresh.
"""

import base64
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.kubernetes_provider.manifest import AUTONAMED, Manifest, is_true, name_of, namespace_of

__all__ = ["Change", "changes", "deletes_first", "inputs_of"]

Path = tuple[str | int, ...]

SELECTOR = ("spec.selector",)
FORCE_NEW: dict[str, tuple[str, ...]] = {
    "Deployment": SELECTOR,
    "DaemonSet": SELECTOR,
    "StatefulSet": (
        *SELECTOR,
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "Job": (*SELECTOR, "spec.completions", "spec.parallelism", "spec.template"),
    "PersistentVolumeClaim": (
        *SELECTOR,
        "spec.accessModes",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "ResourceQuota": ("spec.scopes",),
    "Service": ("spec.clusterIP",),
    "ConfigMap": ("data", "binaryData"),
    "Secret": ("type", "data", "stringData"),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("parameters", "provisioner"),
}
BUILT_IN_GROUPS = {"v1", "apps", "batch", "rbac.authorization.k8s.io", "storage.k8s.io"}
IDENTITY = ("metadata.name", "metadata.namespace")

# Values below these keys are quantities, which the API server writes in its own way: 1000m is 1.
QUANTITIES = {
    "averageValue",
    "capacity",
    "default",
    "defaultRequest",
    "divisor",
    "hard",
    "limits",
    "max",
    "min",
    "requests",
    "sizeLimit",
    "value",
}
POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One property that differs; ``verb`` is add, update or delete."""

    path: str
    verb: str
    replaces: bool


def changes(
    *, live: Manifest, old_inputs: Manifest, new_inputs: Manifest, ignored: Collection[str] = ()
) -> list[Change]:
    """Every property that an update would change, but for those that are ignored."""
    before, after = inputs_of(live, old_inputs), _normal(new_inputs)
    forced = (*IDENTITY, *_force_new(new_inputs))
    found = []
    for path, verb in _compare(before, after, ()):
        if any(_is_below(path, name) for name in ignored):
            continue
        replaces = any(_is_below(path, name) for name in forced)
        found.append(Change(path=_written(path), verb=verb, replaces=replaces))
    return found


def deletes_first(*, live: Manifest, new_inputs: Manifest) -> bool:
    """Whether a replacement has to wait for the old object to go: it is to have the same name."""
    return (
        not is_true(new_inputs, AUTONAMED)
        and name_of(new_inputs) == name_of(live)
        and namespace_of(new_inputs) == namespace_of(live)
    )


def inputs_of(live: Manifest, old_inputs: Manifest) -> Manifest:
    """What the program would have to say now for the object to be as it is."""
    found: Manifest = _pruned(live, _normal(old_inputs))
    return found


def _pruned(live: Any, wanted: Any) -> Any:
    """The part of a live value that has a counterpart in the wanted one; lists by position."""
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        # The API server does not keep "", 0, false, {} and []: they are there as they were wanted.
        empty = {key: value for key, value in wanted.items() if not value and key not in live}
        return empty | {key: _pruned(live[key], wanted[key]) for key in live if key in wanted}
    if isinstance(live, list) and isinstance(wanted, list):
        return [_pruned(one, other) for one, other in zip(live, wanted, strict=False)]
    return live


def _force_new(manifest: Manifest) -> tuple[str, ...]:
    group = str(manifest["apiVersion"]).split("/", maxsplit=1)[0]
    return FORCE_NEW.get(manifest["kind"], ()) if group in BUILT_IN_GROUPS else ()


def _normal(manifest: Manifest) -> Manifest:
    """As the API server would give it back: a Secret's text is encoded among its data."""
    if manifest.get("kind") != "Secret" or not manifest.get("stringData"):
        return manifest
    encoded = {
        name: base64.b64encode(str(text).encode()).decode()
        for name, text in manifest["stringData"].items()
    }
    rest = {name: value for name, value in manifest.items() if name != "stringData"}
    return {**rest, "data": {**(manifest.get("data") or {}), **encoded}}


def _compare(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _compare(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            one = old[index] if index < len(old) else None
            other = new[index] if index < len(new) else None
            yield from _compare(one, other, (*path, index))
    elif not _same(old, new, path):
        yield path, "add" if old is None else "delete" if new is None else "update"


def _same(old: Any, new: Any, path: Path) -> bool:
    if old == new:
        return True
    if QUANTITIES.isdisjoint(path):
        return False
    amount = _quantity(new)
    return amount is not None and amount == _quantity(old)


def _quantity(found: Any) -> Decimal | None:
    text = str(found)
    number = text.rstrip("numkKMGTPi")
    suffix = text[len(number) :]
    try:
        if suffix in BINARY:
            return Decimal(number) * Decimal(2 ** BINARY[suffix])
        return Decimal(number).scaleb(POWERS[suffix])
    except (InvalidOperation, KeyError):
        return None


def _is_below(path: Path, name: str) -> bool:
    """Whether a path is, or lies below, a property named with dots; positions do not count."""
    parts = name.split(".")
    keys = [key for key in path if isinstance(key, str)]
    return keys[: len(parts)] == parts


def _written(path: Path) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(sign in part for sign in '."[]'):
            quoted = part.replace('"', '\\"')
            text += f'["{quoted}"]'
        else:
            text += f".{part}" if text else part
    return text
