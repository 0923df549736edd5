"""``python -m scaler.reaper``: puts back the minimums that a dead scaler has left raised.

It runs to its end, as a CronJob. A floor that has expired is nobody's: its autoscaler gets the
minimum from before, by what the floor's own annotations say. One that has not expired is left
alone, and so is one whose annotations cannot be read, which is said. Running twice does nothing
more than running once.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime

from scaler import contract
from scaler.adapters.kubernetes.api import (
    Api,
    ApiError,
    Manifest,
    NoClusterError,
    NotFound,
    connect,
    path_of,
)
from scaler.adapters.kubernetes.floors import (
    Change,
    Minimum,
    UnreadableMarkError,
    minimum_of,
    planned,
)
from scaler.adapters.kubernetes.objects import annotations_of, name_of, written
from scaler.adapters.kubernetes.revising import revise
from scaler.adapters.kubernetes.targets import HPA
from scaler.records import Unavailable

__all__ = ["main", "reap"]

TIMEOUT_S = 10.0
BY = "reaper"


def main(environment: Mapping[str, str] | None = None) -> int:
    """0 where nothing that has expired is left."""
    given = os.environ if environment is None else environment
    try:
        api = connect(
            kubeconfig=given.get(contract.KUBECONFIG, ""),
            context=given.get(contract.KUBE_CONTEXT, ""),
            namespace=given.get(contract.NAMESPACE, ""),
            timeout_s=TIMEOUT_S,
        )
        with closing(api):
            problems = []
            for name, said, is_problem in reap(api, now=datetime.now(UTC)):
                (sys.stderr if is_problem else sys.stdout).write(f"reaper: {name}: {said}\n")
                problems += [name] if is_problem else []
    except (NoClusterError, Unavailable) as error:
        sys.stderr.write(f"reaper: {error}\n")
        return 1
    return 1 if problems else 0


def reap(api: Api, *, now: datetime) -> Iterator[tuple[str, str, bool]]:
    """Restore what has expired; of each: its name, what was done, and whether that is a problem.

    Raises:
        Unavailable: the API server does not answer.
    """
    collection = path_of(HPA.version, HPA.plural, api.namespace)
    for found in api.list(collection):
        if contract.FLOOR_BY not in annotations_of(found):
            continue
        name = name_of(found)
        try:
            said = _restored(api, found, now=now)
        except NotFound:
            continue
        except (ApiError, UnreadableMarkError) as error:
            yield name, str(error), True
        else:
            if said:
                yield name, said, False


def _restored(api: Api, found: Manifest, *, now: datetime) -> str:
    """What was done to one autoscaler, "" where nothing is to be done.

    Raises:
        ApiError: the server refuses it.
        UnreadableMarkError: nobody can tell what its minimum was.
    """
    mark = minimum_of(found).mark
    if mark is None:
        return ""
    # A scaler that comes back meanwhile is first, or a person: what it is then is planned anew.
    revised = revise(api, found, lambda minimum: _planned(minimum, now))
    if revised is None:
        return ""
    change, _ = revised
    expired = f"the floor of {mark.by} expired at {written(mark.expires)}"
    return f"{expired}: the minimum is {change.minimum} instead of {change.before}"


def _planned(minimum: Minimum, now: datetime) -> Change | None:
    if minimum.mark is None or now < minimum.mark.expires:
        return None
    return planned(minimum, None, by=BY, now=now)


if __name__ == "__main__":
    sys.exit(main())
