"""What asks to be scaled: objects with the label, each with whatever scales it. Pure.

A HorizontalPodAutoscaler, a ScaledObject of KEDA, or a workload (Deployment, StatefulSet, Rollout)
may carry the label; for a workload its autoscaler is looked up. What contradicts itself is left
alone, and named with object, field, what was found and what is allowed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scaler import contract
from scaler.adapters.kubernetes.api import Manifest
from scaler.adapters.kubernetes.objects import annotations_of, dig, labels_of, name_of, number
from scaler.records import UnusableWorkloadError, Workload

__all__ = [
    "HPA",
    "SCALED_OBJECT",
    "Found",
    "Kind",
    "Problem",
    "Scaled",
    "Target",
    "bounds_of",
    "found_in",
    "title_of",
]

Declare = Callable[[str, Mapping[str, object]], Workload]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind, and where the server has it.

    Attributes:
        is_optional: whether a cluster may be without it, or keep it to itself.
    """

    version: str
    name: str
    plural: str
    is_optional: bool = False


HPA = Kind(
    version="autoscaling/v2", name="HorizontalPodAutoscaler", plural="horizontalpodautoscalers"
)
SCALED_OBJECT = Kind(
    version="keda.sh/v1alpha1", name="ScaledObject", plural="scaledobjects", is_optional=True
)
WORKLOADS = {
    kind.name: kind
    for kind in (
        Kind(version="apps/v1", name="Deployment", plural="deployments"),
        Kind(version="apps/v1", name="StatefulSet", plural="statefulsets", is_optional=True),
        Kind(version="argoproj.io/v1alpha1", name="Rollout", plural="rollouts", is_optional=True),
    )
}
MARKS = frozenset(
    {
        contract.SCALE_LABEL,
        contract.FLOOR_BY,
        contract.FLOOR,
        contract.FLOOR_ORIGINAL,
        contract.FLOOR_EXPIRES,
        contract.FLOOR_PAUSED_UNTIL,
    }
)
KEDA_MAXIMUM = 100  # where a ScaledObject says nothing


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """What an autoscaler changes the replicas of."""

    group: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """One thing that asks to be scaled.

    Attributes:
        declared: the object that carries the label.
        hpa: the autoscaler; ``None`` where there is none.
        scaled_object: what made that autoscaler and would take back every change of it.
    """

    declared: Manifest
    scaled: Scaled
    hpa: Manifest | None
    scaled_object: Manifest | None = None

    @property
    def name(self) -> str:
        return name_of(self.declared)

    @property
    def is_plain(self) -> bool:
        """Whether the autoscaler's minimum is anybody's to change."""
        return self.hpa is not None and self.scaled_object is None

    @property
    def title(self) -> str:
        return title_of(self.declared)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Why an object is left alone."""

    manifest: Manifest
    said: str

    def __str__(self) -> str:
        return f"{title_of(self.manifest)}: {self.said}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """Targets by the name of their workload, what they declare, and what is wrong with others."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    workloads: Sequence[Workload] = ()
    problems: Sequence[Problem] = ()


def title_of(manifest: Manifest) -> str:
    return f"{manifest.get('kind')} {dig(manifest, 'metadata', 'namespace')}/{name_of(manifest)}"


def found_in(
    *,
    hpas: Sequence[Manifest],
    scaled_objects: Sequence[Manifest],
    workloads: Iterable[Manifest],
    declare: Declare,
) -> Found:
    """The targets of a namespace.

    Args:
        hpas: all of it, since each may be the one of a labelled workload.
        scaled_objects: all of it, likewise.
        workloads: those with the label, of any kind.
        declare: makes a workload of a name and the fields that annotations give; raises
            `UnusableWorkloadError`.
    """
    problems: list[Problem] = []
    candidates = [
        each
        for each in _candidates(hpas, scaled_objects, workloads)
        if _is_asked(each.declared, problems)
    ]
    candidates = list(_unambiguous(candidates, hpas, scaled_objects, problems))
    targets: dict[str, Target] = {}
    declared: list[Workload] = []
    for target in candidates:
        try:
            declared.append(_workload(target, declare))
        except UnusableWorkloadError as error:
            problems.extend(
                Problem(manifest=target.declared, said=f"{_place(name)}: {said}")
                for name, said in error.problems
            )
        else:
            targets[target.name] = target
    return Found(targets=targets, workloads=tuple(declared), problems=tuple(problems))


def _candidates(
    hpas: Sequence[Manifest], scaled_objects: Sequence[Manifest], workloads: Iterable[Manifest]
) -> Iterable[Target]:
    """Everything that has the label, whatever its value."""
    plain = [each for each in hpas if not _maker(each)]
    made = {_maker(each): each for each in hpas if _maker(each)}
    for each in plain:
        if contract.SCALE_LABEL in labels_of(each):
            yield Target(declared=each, scaled=_scaled(each), hpa=each)
    for each in scaled_objects:
        if contract.SCALE_LABEL in labels_of(each):
            hpa = made.get(name_of(each))
            yield Target(declared=each, scaled=_scaled(each), hpa=hpa, scaled_object=each)
    owners = {_scaled(each): each for each in scaled_objects}
    by_scaled = {_scaled(each): each for each in plain}
    for each in workloads:
        kind = str(each.get("kind"))
        scaled = Scaled(group=_group(each.get("apiVersion")), kind=kind, name=name_of(each))
        owner, hpa = owners.get(scaled), by_scaled.get(scaled)
        if owner is not None:
            hpa = made.get(name_of(owner))
        yield Target(declared=each, scaled=scaled, hpa=hpa, scaled_object=owner)


def _is_asked(manifest: Manifest, problems: list[Problem]) -> bool:
    value = labels_of(manifest).get(contract.SCALE_LABEL)
    if value == contract.SCALE_VALUE:
        return True
    said = (
        f'metadata.labels["{contract.SCALE_LABEL}"]: found {value!r}, '
        f"allowed {contract.SCALE_VALUE!r}"
    )
    problems.append(Problem(manifest=manifest, said=said))
    return False


def _unambiguous(
    candidates: Sequence[Target],
    hpas: Sequence[Manifest],
    scaled_objects: Sequence[Manifest],
    problems: list[Problem],
) -> Iterable[Target]:
    """Those that have a name and a workload to themselves, with one autoscaler at most."""
    names = Counter(each.name for each in candidates)
    asked = Counter(each.scaled for each in candidates)
    writers = Counter(
        _scaled(each) for each in (*scaled_objects, *(one for one in hpas if not _maker(one)))
    )
    for target in candidates:
        field_ = "spec.scaleTargetRef" if target.declared.get("kind") in _AUTOSCALERS else "labels"
        if asked[target.scaled] > 1:
            others = _titles(candidates, but=target, scaled=target.scaled)
            said = f"{field_}: {target.scaled} is asked for by {others}, too; allowed: one label"
        elif writers[target.scaled] > 1:
            said = (
                f"{field_}: {writers[target.scaled]} autoscalers change the replicas of "
                f"{target.scaled}; allowed: one"
            )
        elif names[target.name] > 1:
            said = f"metadata.name: {names[target.name]} labelled objects have it; allowed: one"
        else:
            yield target
            continue
        problems.append(Problem(manifest=target.declared, said=said))


_AUTOSCALERS = (HPA.name, SCALED_OBJECT.name)


def _titles(candidates: Sequence[Target], *, but: Target, scaled: Scaled) -> str:
    return ", ".join(each.title for each in candidates if each.scaled == scaled and each is not but)


def _workload(target: Target, declare: Declare) -> Workload:
    """What its annotations and its autoscaler make of a target.

    Raises:
        UnusableWorkloadError: they cannot be used.
    """
    given = {
        name.removeprefix(contract.ANNOTATION_PREFIX): value
        for name, value in annotations_of(target.declared).items()
        if name.startswith(contract.ANNOTATION_PREFIX) and name not in MARKS
    }
    known = ", ".join(sorted(contract.ANNOTATIONS))
    unknown = [
        (name, f"is unknown; allowed: {known}") for name in given.keys() - contract.ANNOTATIONS
    ]
    if unknown:
        raise UnusableWorkloadError(
            [(f"{contract.ANNOTATION_PREFIX}{name}", said) for name, said in sorted(unknown)]
        )
    fields: dict[str, object] = {contract.ANNOTATIONS[name]: value for name, value in given.items()}
    least, most = bounds_of(target)
    return declare(target.name, {"minimum": least, "maximum": most, **fields})


def bounds_of(target: Target) -> tuple[int, int]:
    """The least and the most replicas that its autoscaler allows, what is raised left out."""
    if target.scaled_object is not None:
        spec = target.scaled_object.get("spec")
        return (
            number(spec, "minReplicaCount"),
            number(spec, "maxReplicaCount", default=KEDA_MAXIMUM),
        )
    if target.hpa is not None:
        original = annotations_of(target.hpa).get(contract.FLOOR_ORIGINAL, "")
        least = number(target.hpa, "spec", "minReplicas", default=1)
        if original.isascii() and original.isdigit():
            least = min(least, int(original))
        return least, number(target.hpa, "spec", "maxReplicas", default=1)
    # Nothing changes its replicas: whatever it has is what it may have.
    there = number(target.declared, "spec", "replicas", default=1)
    return there, max(1, there)


def _place(field_: str) -> str:
    """Where in the object a field of a workload is given."""
    by_field = {name: annotation for annotation, name in contract.ANNOTATIONS.items()}
    if field_.startswith(contract.ANNOTATION_PREFIX):
        return f'metadata.annotations["{field_}"]'
    if field_ in by_field:
        return f'metadata.annotations["{contract.ANNOTATION_PREFIX}{by_field[field_]}"]'
    return field_


def _scaled(autoscaler: Manifest) -> Scaled:
    reference: Any = dig(autoscaler, "spec", "scaleTargetRef") or {}
    return Scaled(
        group=_group(reference.get("apiVersion") or "apps/v1"),
        kind=reference.get("kind") or "Deployment",
        name=reference.get("name") or "",
    )


def _group(version: Any) -> str:
    return str(version or "").partition("/")[0]


def _maker(hpa: Manifest) -> str:
    """The ScaledObject that an autoscaler belongs to; KEDA gives it all labels of its own."""
    for owner in dig(hpa, "metadata", "ownerReferences") or ():
        if owner.get("kind") == SCALED_OBJECT.name:
            return str(owner.get("name"))
    return ""
