"""Rules about container images: it is said where they come from, and which version they are."""

import re
from collections.abc import Iterator

from infra.policy.manifests import Container
from infra.policy.pod_rule import container_rule, in_container
from infra.policy.rule import Violation

__all__ = ["RULES"]

IMAGE = re.compile(
    r"(?P<name>[^@:]+(?::\d+(?=/)[^@:]*)?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
# Since 2025 Bitnami's free images get no security fixes: one tag is left of each, and it moves.
REFUSED = ("bitnami/", "bitnamilegacy/", "bitnamisecure/")


@container_rule(
    "image-registry",
    meaning="Every image names its registry, so that no node's default decides where it is from.",
    remedy="Write the host, docker.io/library/redis:8.2.1 for instance.",
)
def registry(container: Container) -> Iterator[Violation]:
    image = container.spec.get("image")
    host, slash, _ = str(image or "").partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        yield in_container(container, "image", image, "host/path:tag")


@container_rule(
    "image-version",
    meaning="Every image is of one version: a tag that stays, or a digest.",
    remedy="Write the tag of a version, never latest; add the digest where it is known.",
)
def version(container: Container) -> Iterator[Violation]:
    image = container.spec.get("image")
    parts = IMAGE.fullmatch(str(image or ""))
    tag, digest = (parts["tag"], parts["digest"]) if parts else (None, None)
    if tag == "latest" or not (tag or digest):
        yield in_container(container, "image", image, "a tag other than latest, or a digest")


@container_rule(
    "image-maintained",
    meaning="Images are of projects that still mend them.",
    remedy="Use the project's own image.",
)
def maintained(container: Container) -> Iterator[Violation]:
    image = container.spec.get("image")
    if isinstance(image, str) and any(part in f"/{image}" for part in map("/".__add__, REFUSED)):
        yield in_container(container, "image", image, f"none of {', '.join(REFUSED)}")


RULES = (registry, version, maintained)
