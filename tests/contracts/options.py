"""What must hold for how resources are declared: options, names and places, not their contents.

Each function gives a sentence for whatever breaks its rule.
"""

from collections.abc import Iterator

from infra.policy.manifests import Manifest, dig, kind_of, name_of, namespace_of
from infra.rendering.recording import Recording, Resource
from infra.rendering.values import SecretValue, leaves, path_text

__all__ = [
    "exposed_secrets",
    "names_of_an_environment",
    "own_aliases",
    "unparented",
    "unprovided",
    "wrong_ignored_changes",
    "wrong_protection",
]

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
MADE_UP = "made-up"  # every generated value and given password of the recordings begins like this
SDK_ALIAS = "type="  # older versions of the same kind, added by the SDK


def unprovided(recording: Recording) -> Iterator[str]:
    """Objects without the stack's own provider would go to the current context of whoever runs."""
    for resource, manifest in _objects(recording):
        if not resource.options.provider.endswith("::cluster"):
            found = resource.options.provider or "the default one"
            yield f"{resource.key}: provider {found}; allowed: cluster ({kind_of(manifest)})"


def unparented(recording: Recording, *, at_the_top: frozenset[str]) -> Iterator[str]:
    """Objects that belong to no component, but for those that belong to the whole stack."""
    for resource, _ in _objects(recording):
        parent = recording.resources.get(resource.parent)
        if resource.name not in at_the_top and (parent is None or parent.custom):
            yield f"{resource.key}: parent {resource.parent or 'the stack'}; allowed: a component"


def wrong_protection(recording: Recording, *, protect: bool) -> Iterator[str]:
    """Whatever would take data with it is protected where the stack says so; nothing else is."""
    claims = [each for _, each in _objects(recording) if _claims(each)]
    keeping = {namespace_of(each) for each in claims}
    for resource, manifest in _objects(recording):
        is_home = kind_of(manifest) == "Namespace" and name_of(manifest) in keeping
        wanted = protect and (is_home or _claims(manifest))
        if resource.options.protect is not wanted:
            yield f"{resource.key}: protect {resource.options.protect}; allowed: {wanted}"


def wrong_ignored_changes(recording: Recording) -> Iterator[str]:
    """What a scaler writes is its own, and no other change is ever ignored.

    That is the replicas of its target, and the least replicas of a plain HPA, which ours raises.
    """
    scaled = {
        (namespace_of(manifest), dig(manifest, "spec", "scaleTargetRef", "name"))
        for _, manifest in _objects(recording)
        if kind_of(manifest) in SCALERS
    }
    for resource, manifest in _objects(recording):
        is_target = kind_of(manifest) in ("Deployment", "StatefulSet")
        is_scaled = is_target and (namespace_of(manifest), name_of(manifest)) in scaled
        is_raised = kind_of(manifest) == "HorizontalPodAutoscaler"
        wanted = ("spec.replicas",) if is_scaled else ("spec.minReplicas",) if is_raised else ()
        if resource.options.ignore_changes != wanted:
            found = resource.options.ignore_changes
            yield f"{resource.key}: ignore_changes {found}; allowed: {wanted}"


def own_aliases(recording: Recording) -> dict[str, tuple[str, ...]]:
    """The earlier names of resources, by key: each is a promise not to replace what is there."""
    found = {
        key: tuple(each for each in resource.options.aliases if not each.startswith(SDK_ALIAS))
        for key, resource in recording.resources.items()
    }
    return {key: aliases for key, aliases in found.items() if aliases}


def names_of_an_environment(recording: Recording, *, words: frozenset[str]) -> Iterator[str]:
    """Logical names with the stack's or the namespace's name in them: not the same everywhere."""
    for resource in recording.resources.values():
        if found := words & set(resource.name.split("-")):
            yield f"{resource.key}: {', '.join(sorted(found))}; allowed: no name of an environment"


def exposed_secrets(recording: Recording) -> Iterator[str]:
    """Secrets, marked as such or by their value, anywhere but in the data of a Secret."""
    for resource in recording.resources.values():
        for path, value in leaves(resource.inputs):
            is_kept = resource.type.endswith(":Secret") and path[0] in ("data", "stringData")
            is_plain = isinstance(value, str) and MADE_UP in value
            if is_plain or (isinstance(value, SecretValue) and not is_kept):
                how = "a secret in plain text" if is_plain else "a secret"
                yield f"{resource.key}: {path_text(path)}: {how}; allowed: in the data of a Secret"
    for path, value in leaves(recording.exports):
        if isinstance(value, SecretValue) or (isinstance(value, str) and MADE_UP in value):
            yield f"output {path_text(path)}: a secret; allowed: none"


def _objects(recording: Recording) -> Iterator[tuple[Resource, Manifest]]:
    for resource in recording.resources.values():
        if resource.manifest is not None:
            yield resource, resource.manifest


def _claims(manifest: Manifest) -> bool:
    """Whether the object is or makes a volume's claim."""
    is_claim = kind_of(manifest) == "PersistentVolumeClaim"
    return is_claim or bool(dig(manifest, "spec", "volumeClaimTemplates"))
