"""Objects of the cluster: made, changed, read and removed as the official plugin does it.

A real run waits for readiness; a preview asks the API server for a dry run.
"""

import copy
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx

from tests.cluster.client import ApiError, Client, NoSuchKindError
from tests.kubernetes_provider.manifest import (
    Manifest,
    annotation,
    described,
    is_true,
    name_of,
    namespace_of,
    seconds_for,
)
from tests.kubernetes_provider.readiness import readiness

__all__ = ["ExistsError", "GoneError", "NotReadyError", "Objects"]

FIELD_MANAGER = "pulumi-kubernetes"

POLL_S = 0.2
PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # of an object whose namespace or kind is about to come


class ExistsError(Exception):
    """An object that is to be made is there already."""


class GoneError(Exception):
    """An object that is to be changed is not there any more."""


class NotReadyError(Exception):
    """The object is there, but not as it should be; ``live`` is how it was seen last."""

    def __init__(self, live: Manifest, reason: str) -> None:
        super().__init__(f"{described(live)} failed to become ready: {reason}")
        self.live = live


class Objects:
    """The objects of one cluster, for as many threads as like.

    Args:
        client: of the API server that has them.
        force: take fields over from whoever has set them since.
        upsert: take over what is there already instead of refusing to make it.
        cancelled: set when the user has had enough.
    """

    def __init__(
        self,
        client: Client,
        *,
        cancelled: threading.Event,
        force: bool = False,
        upsert: bool = False,
    ) -> None:
        self._client, self._cancelled = client, cancelled
        self._force, self._upsert = force, upsert

    def create(self, inputs: Manifest, *, custom_timeout_s: float = 0.0) -> Manifest:
        """Make an object and wait until it is ready.

        Raises:
            ApiError: the API server refused it.
            ExistsError: it is there already.
            NotReadyError: it was made, but is not ready.
        """
        live = self._retried(lambda: self._make(inputs, dry_run=False))
        return self._ready(live, seconds_for(inputs, custom_timeout_s))

    def update(
        self, inputs: Manifest, *, ignored: Collection[str] = (), custom_timeout_s: float = 0.0
    ) -> Manifest:
        """Change an object and wait until it is ready again; raises as ``create``.

        Raises:
            GoneError: it is not there.
        """
        live = self._change(inputs, ignored, dry_run=False)
        return self._ready(live, seconds_for(inputs, custom_timeout_s))

    def preview_create(self, inputs: Manifest) -> Manifest | None:
        """What would be made, by the API server's word; None where it cannot tell before."""
        try:
            return self._make(inputs, dry_run=True)
        except (NoSuchKindError, ExistsError):  # to be made, and to be replaced, in the same run
            return None
        except ApiError as error:
            if error.status in (httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN):
                return None  # the namespace is to be made in the same run
            raise

    def preview_update(self, inputs: Manifest, *, ignored: Collection[str] = ()) -> Manifest | None:
        """As ``preview_create``, of an object that is there."""
        try:
            return self._change(inputs, ignored, dry_run=True)
        except ApiError as error:
            if error.status == httpx.codes.FORBIDDEN:
                return None
            raise

    def read(self, manifest: Manifest) -> Manifest | None:
        """The live object; None when it, or its kind, is gone.

        Raises:
            NotReadyError: it is there, but not ready.
        """
        try:
            live = self._live(manifest)
        except NoSuchKindError:
            return None
        if live is not None and not is_true(manifest, "pulumi.com/skipAwait"):
            state = readiness(live, self._client.list)
            if not state.ready:
                raise NotReadyError(live, state.reason)
        return live

    def is_ready(self, manifest: Manifest) -> bool:
        """Whether it is ready at this moment; a missing one counts, since nothing is replaced."""
        try:
            self.read(manifest)
        except NotReadyError:
            return False
        return True

    def delete(self, manifest: Manifest, *, custom_timeout_s: float = 0.0) -> None:
        """Remove an object and wait until it, and what it owns, is gone.

        Raises:
            NotReadyError: it is still there when the time is up.
        """
        chosen = annotation(manifest, "pulumi.com/deletionPropagationPolicy")
        deadline = time.monotonic() + seconds_for(manifest, custom_timeout_s)
        try:
            self._client.delete(*_place(manifest), propagation=chosen.capitalize() or "Foreground")
            while (live := self._live(manifest)) is not None:
                if time.monotonic() > deadline or self._cancelled.wait(POLL_S):
                    held = ", ".join(live["metadata"].get("finalizers") or []) or "none"
                    raise NotReadyError(live, f"it is still there (finalizers: {held})")
        except NoSuchKindError:
            return

    def _make(self, inputs: Manifest, *, dry_run: bool) -> Manifest:
        if (dry_run or not self._upsert) and self._live(inputs) is not None:
            raise ExistsError(
                f"{described(inputs)} already exists in the cluster: use an alias for a renamed "
                "resource, `pulumi import` for one that Pulumi does not know yet",
            )
        return self._apply(inputs, dry_run=dry_run)

    def _change(self, inputs: Manifest, ignored: Collection[str], *, dry_run: bool) -> Manifest:
        live = self._live(inputs)
        if live is None:
            raise GoneError(f"{described(inputs)} is gone: `pulumi refresh` takes note of it")
        wanted = _without_ignored(inputs, live, ignored)
        return self._apply(wanted, dry_run=dry_run)

    def _apply(self, wanted: Manifest, *, dry_run: bool) -> Manifest:
        force = self._force or is_true(wanted, "pulumi.com/patchForce")
        return self._client.apply(wanted, field_manager=FIELD_MANAGER, force=force, dry_run=dry_run)

    def _live(self, manifest: Manifest) -> Manifest | None:
        return self._client.find(*_place(manifest))

    def _retried(self, make: Callable[[], Manifest]) -> Manifest:
        for pause_s in PAUSES_S:
            try:
                return make()
            except NoSuchKindError:
                pass
            except ApiError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
            self._cancelled.wait(pause_s)
        return make()

    def _ready(self, live: Manifest, timeout_s: float) -> Manifest:
        deadline = time.monotonic() + timeout_s
        while not (state := readiness(live, self._client.list)).ready:
            if state.failed or time.monotonic() > deadline:
                raise NotReadyError(live, state.reason)
            if self._cancelled.wait(POLL_S):
                raise NotReadyError(live, f"cancelled while {state.reason}")
            newer = self._live(live)
            if newer is None:
                raise NotReadyError(live, "somebody deleted it")
            live = newer
        return live


def _place(manifest: Manifest) -> tuple[str, str, str, str | None]:
    namespace = namespace_of(manifest) or None
    return manifest["apiVersion"], manifest["kind"], name_of(manifest), namespace


def _without_ignored(inputs: Manifest, live: Manifest, ignored: Collection[str]) -> Manifest:
    """The inputs that leave ignored fields as they are: to whoever owns them, or as they stand."""
    wanted = copy.deepcopy(inputs)
    for name in ignored:
        *above, last = name.split(".")
        parent = _at(wanted, above)
        if parent is None or last not in parent:
            continue
        if _is_owned_by_others_only(live, [*above, last]):
            del parent[last]
        elif (found := (_at(live, above) or {}).get(last)) is not None:
            parent[last] = found
    return wanted


def _is_owned_by_others_only(live: Manifest, path: list[str]) -> bool:
    owners = {
        entry["manager"]
        for entry in live["metadata"].get("managedFields") or []
        if _at(entry.get("fieldsV1"), [f"f:{key}" for key in path]) is not None
    }
    return bool(owners) and FIELD_MANAGER not in owners


def _at(found: Any, path: list[str]) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
