"""Kind `Process`: a supervised service."""

from typing import Any

from infra.local.kinds import Difference, Inputs, Problem, changed
from infra.local.readiness import HOST
from infra.local.spec import ProcessSpec
from infra.local.supervision import Supervision, user_problem
from infra.local.values import UNKNOWN, has_unknown

__all__ = ["ProcessKind"]

OUTPUTS = ("running", "addresses", "drift")
# The files and folders of a service belong to its user: another user starts with none of them.
REPLACES = frozenset({"user"})


class ProcessKind:
    """See `infra.local.kinds.Kind`."""

    secrets: tuple[str, ...] = ("secret_environment", "secret_files")

    def __init__(self, supervision: Supervision) -> None:
        self._supervision = supervision

    def check(self, name: str, inputs: Inputs) -> list[Problem]:
        known = {key: value for key, value in inputs.items() if value != UNKNOWN}
        problems = _spec(name, known).problems()
        if reason := user_problem(known.get("user")):
            problems.append(("user", reason))
        return [found for found in problems if inputs.get(found[0].partition(".")[0]) != UNKNOWN]

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        names = changed(old, new, OUTPUTS)
        live: tuple[str, ...] = ()
        if not names:
            live = ("running",) if self._supervision.drift_of(_spec(name, new)) else ()
        return Difference(
            update=tuple(key for key in names if key not in REPLACES),
            replace=tuple(key for key in names if key in REPLACES),
            live=live,
        )

    def preview(self, name: str, inputs: Inputs) -> dict[str, Any]:
        if has_unknown([inputs.get("ports"), inputs.get("replicas")]):
            return dict.fromkeys(OUTPUTS, UNKNOWN)
        return self._outputs(_spec(name, {**inputs, "readiness": None}))

    def create(self, name: str, inputs: Inputs) -> dict[str, Any]:
        spec = _spec(name, inputs)
        self._supervision.apply(spec)
        return self._outputs(spec)

    def read(self, name: str, state: Inputs) -> dict[str, Any]:
        spec = _spec(name, state)
        drift = self._supervision.drift_of(spec)
        if not drift:  # a count within its bounds is whoever scales' business
            return {key: state.get(key) for key in OUTPUTS}
        service = self._supervision.read(name)
        up = [replica for replica in service.replicas if replica.is_up] if service else []
        return {**self._outputs(spec), "running": len(up), "drift": drift}

    def update(self, name: str, old: Inputs, new: Inputs) -> dict[str, Any]:
        del old
        return self.create(name, new)

    def delete(self, name: str, state: Inputs) -> None:
        del state
        self._supervision.remove(name)

    def _outputs(self, spec: ProcessSpec) -> dict[str, Any]:
        record = self._supervision.records.read(spec.name)
        count = spec.replicas.clamp(record.desired) if record else spec.replicas.initial
        addresses = {
            name: [f"{HOST}:{port}" for port in group] for name, group in spec.ports.items()
        }
        return {"running": count, "addresses": addresses, "drift": []}


def _spec(name: str, inputs: Inputs) -> ProcessSpec:
    return ProcessSpec.from_json({**inputs, "name": name})
