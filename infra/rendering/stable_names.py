"""What an object is called from one rendering to the next, whatever its content is then."""

import re

from infra.rendering.outputs import AUTONAMED, NAME_HASH_DIGITS
from infra.rendering.recording import Manifest

__all__ = ["stable_name", "title"]

SUFFIX = re.compile(rf"-[0-9a-f]{{{NAME_HASH_DIGITS}}}$")
NAME_LABEL = "app.kubernetes.io/name"


def stable_name(manifest: Manifest) -> str:
    """Its name, without the suffix that follows the content.

    The provider's annotation tells such a name, or the label that has the part before the suffix.
    """
    metadata = manifest["metadata"]
    name = str(metadata["name"])
    short = SUFFIX.sub("", name)
    is_made = metadata.get("annotations", {}).get(AUTONAMED) == "true"
    return short if is_made or metadata.get("labels", {}).get(NAME_LABEL) == short else name


def title(manifest: Manifest) -> str:
    """``Deployment shop/api``; with the group where that is not one of Kubernetes' own."""
    metadata = manifest["metadata"]
    place = f"{metadata['namespace']}/" if "namespace" in metadata else ""
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    foreign = f".{group}" if "." in group and not group.endswith(".k8s.io") else ""
    return f"{manifest['kind']}{foreign} {place}{stable_name(manifest)}"
