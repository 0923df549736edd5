"""Every image that a cluster stack names itself: one table, always with a version's tag.

The digest beside a tag is what ``autoserve images pin`` asked the registry for, and stands in
``digests.json`` by the whole reference: a changed tag never meets the digest of an old one.
Releases that are applied from their own manifest (infra.platform.releases) bring their own images.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.kubernetes.settings import ImageSettings

__all__ = [
    "DIGESTS",
    "OWN",
    "THIRD_PARTY",
    "Image",
    "ImageUnknownError",
    "digests",
    "image",
    "images_of",
    "keep",
    "reference",
]

DIGESTS = Path(__file__).resolve().with_name("digests.json")


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image.

    Attributes:
        name: what descriptions of services call it.
        repository: with the registry's host, without a tag.
        tag: of one version; never one that moves to the next.
        digest: ``sha256:...`` of that tag's manifest, "" where it was never asked for.
    """

    name: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def tagged(self) -> str:
        return f"{self.repository}:{self.tag}"


class ImageUnknownError(KeyError):
    """A description names an image that the table does not have."""

    def __init__(self, name: str) -> None:
        known = ", ".join([*OWN, *(each.name for each in THIRD_PARTY)])
        super().__init__(f"image: found {name!r}; allowed: {known}")
        self.name = name


# The Debian variants: their accounts (999 for both stores) are what the descriptions say.
THIRD_PARTY: tuple[Image, ...] = (
    Image(name="postgres", repository="docker.io/library/postgres", tag="18.6-trixie"),
    Image(name="redis", repository="docker.io/library/redis", tag="8.8.2-trixie"),
    Image(name="prometheus", repository="quay.io/prometheus/prometheus", tag="v3.14.0"),
    # What the web's own image is made from: NGINX that listens on 8080 as user 101.
    Image(name="nginx", repository="docker.io/nginxinc/nginx-unprivileged", tag="1.30.5-alpine"),
)

# Built from this repository; where they lie and their version are settings of the stack.
OWN = ("app", "worker", "scaler", "web")


def images_of(settings: ImageSettings, known: Mapping[str, str] | None = None) -> tuple[Image, ...]:
    """Every image of a stack, with the digests that are known.

    Args:
        settings: where our own images lie.
        known: digests by tagged reference; those of ``digests.json`` by default.
    """
    digest_of = digests() if known is None else known
    ours = (
        Image(name=name, repository=f"{settings.registry}/{name}", tag=settings.tag) for name in OWN
    )
    return tuple(
        replace(each, digest=digest_of.get(each.tagged, "")) for each in (*ours, *THIRD_PARTY)
    )


def image(name: str, settings: ImageSettings) -> Image:
    """One image of a stack by its name.

    Raises:
        ImageUnknownError: the table has none of that name.
    """
    for each in images_of(settings):
        if each.name == name:
            return each
    raise ImageUnknownError(name)


def reference(image: Image) -> str:
    """What a pod names: ``repository:tag``, and ``@digest`` where that is known."""
    return f"{image.tagged}@{image.digest}" if image.digest else image.tagged


def digests(file: Path = DIGESTS) -> dict[str, str]:
    """The digests that were asked for, by tagged reference."""
    known: dict[str, str] = json.loads(file.read_text())
    return known


def keep(asked: Mapping[str, str], file: Path = DIGESTS) -> None:
    """Write digests that a registry gave; those of a third party's older tags go."""
    repositories = {each.repository for each in THIRD_PARTY}
    known = {
        tagged: digest
        for tagged, digest in digests(file).items()
        if tagged.rpartition(":")[0] not in repositories
    }
    written = json.dumps({**known, **asked}, indent=2, sort_keys=True) + "\n"
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(written)
    draft.replace(file)
