"""An autoscaler's minimum, brought to what is planned for it, against others who write it, too."""

from collections.abc import Callable

from scaler.adapters.kubernetes.api import Api, Conflict, Manifest, Unfit, path_of
from scaler.adapters.kubernetes.floors import Change, Minimum, minimum_of
from scaler.adapters.kubernetes.objects import dig, name_of
from scaler.adapters.kubernetes.targets import HPA

__all__ = ["revise"]

ATTEMPTS = 2  # the second on what somebody else has made of it


def revise(
    api: Api,
    autoscaler: Manifest,
    plan: Callable[[Minimum], Change | None],
    *,
    may_write: Callable[[], bool] = lambda: True,
) -> tuple[Change, Manifest] | None:
    """What was changed and the object that came of it; ``None`` where nothing was.

    Args:
        autoscaler: as it was read.
        plan: what to change of the minimum that is there.
        may_write: asked last: between it and the write lies nothing but the write.

    Raises:
        Conflict: others change its minimum, or its marks, faster than they can be read.
        ApiError: as the server says.
        UnreadableMarkError: of somebody's making.
    """
    path = path_of(HPA.version, HPA.plural, api.namespace, name_of(autoscaler))
    for attempt in range(ATTEMPTS):
        change = plan(minimum_of(autoscaler))
        if change is None or not may_write():
            return None
        try:
            return change, api.revise(path, change.patch(autoscaler))
        except (Conflict, Unfit) as error:
            found = api.get(path)
            if isinstance(error, Unfit) and _read_from(found) == _read_from(autoscaler):
                raise  # it is not that somebody was first: the change itself cannot be
            if attempt + 1 == ATTEMPTS:
                raise Conflict(f"{path}: others change its minimum all the time") from error
            autoscaler = found
    return None


def _read_from(autoscaler: Manifest) -> tuple[object, Minimum]:
    return dig(autoscaler, "metadata", "uid"), minimum_of(autoscaler)
