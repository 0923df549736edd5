"""Rules over pods, written once for every kind that is or makes one."""

from collections.abc import Callable, Iterator
from typing import Any

from infra.policy.manifests import Container, Manifest, Pod, pods_of
from infra.policy.rule import Level, Rule, Violation

__all__ = ["container_rule", "in_container", "in_pod", "pod_rule"]


def pod_rule(
    id: str, *, meaning: str, remedy: str, level: Level = Level.MANDATORY
) -> Callable[[Callable[[Pod], Iterator[Violation]]], Rule]:
    """Make a `Rule` of a judge of pods."""

    def make(judge: Callable[[Pod], Iterator[Violation]]) -> Rule:
        def of_pods(manifest: Manifest) -> Iterator[Violation]:
            for pod in pods_of(manifest):
                yield from judge(pod)

        return Rule(id=id, meaning=meaning, remedy=remedy, level=level, judge=of_pods)

    return make


def container_rule(
    id: str, *, meaning: str, remedy: str, level: Level = Level.MANDATORY
) -> Callable[[Callable[[Container], Iterator[Violation]]], Rule]:
    """Make a `Rule` of a judge of containers, init and ephemeral ones included."""

    def make(judge: Callable[[Container], Iterator[Violation]]) -> Rule:
        def of_containers(manifest: Manifest) -> Iterator[Violation]:
            for pod in pods_of(manifest):
                for container in pod.containers():
                    yield from judge(container)

        return Rule(id=id, meaning=meaning, remedy=remedy, level=level, judge=of_containers)

    return make


def in_pod(pod: Pod, field: str, found: Any, allowed: str) -> Violation:
    """A violation at a field of the pod's specification."""
    return Violation(pod.manifest, f"{pod.path}.{field}", found, allowed)


def in_container(container: Container, field: str, found: Any, allowed: str) -> Violation:
    """A violation at a field of a container."""
    return Violation(container.pod.manifest, f"{container.path}.{field}", found, allowed)
