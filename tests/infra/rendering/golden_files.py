"""The golden files of ``dev``, and the example in the documentation; both are made by this.

``python -m tests.infra.rendering.golden_files`` writes them anew; what changed is then read in the
diff, which is what they are for. One service stands for all that are made alike; every object and
every connection is at least named.
"""

import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from infra.rendering.difference import Rendering, difference
from infra.rendering.difference_text import as_markdown
from infra.rendering.implied_peers import edges_of
from infra.rendering.render import texts
from infra.rendering.stable_names import title
from tests.contracts.programs import recorded

__all__ = ["EXAMPLE", "GOLDEN", "NAMES", "example", "golden_files"]

GOLDEN = Path(__file__).parent / "golden"
EXAMPLE = Path(__file__).parents[3] / "docs" / "diff.md"
BEGIN, END = "<!-- example -->\n", "<!-- end -->\n"
# By file: which of the rendering's files are in it.
WHOLE: Mapping[str, tuple[str, ...]] = {
    "service-api.yaml": ("autoserve/*-api.yaml", "autoserve/secret-api-*.yaml"),
    "store-redis.yaml": ("autoserve-data/*-redis.yaml",),
    "job-migrate-app.yaml": ("autoserve/job-migrate-app-*.yaml",),
    "namespace-autoserve.yaml": ("cluster/namespace-autoserve.yaml", "autoserve/*-platform.yaml"),
    "edge.yaml": ("autoserve-edge/*-edge.yaml", "autoserve-edge/httproute-*.yaml"),
}
NAMES = (*WHOLE, "objects.txt", "connections.txt")


@cache
def golden_files() -> dict[str, str]:
    """The text of each golden file by its name."""
    recording = recorded("dev")
    rendered = texts(recording)
    found = {
        name: "---\n".join(
            text
            for file, text in rendered.items()
            if any(fnmatchcase(file, pattern) for pattern in patterns)
        )
        for name, patterns in WHOLE.items()
    }
    found["objects.txt"] = _lines(title(manifest) for manifest in recording.manifests)
    found["connections.txt"] = _lines(map(str, edges_of(recording.manifests)))
    return found


def example() -> str:
    """What the page about `diff` should be: its text, with the example as it is now."""
    page = EXAMPLE.read_text()
    before, after = (Rendering.of(texts(recorded(name)).values()) for name in ("staging", "prod"))
    shown = as_markdown(difference(before, after), before="staging", after="prod")
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}{shown}{END}{rest.partition(END)[2]}"


def main() -> int:
    """Write them all."""
    for name, text in golden_files().items():
        (GOLDEN / name).write_text(text)
    EXAMPLE.write_text(example())
    return 0


def _lines(words: Iterable[str]) -> str:
    return "".join(f"{word}\n" for word in sorted(words))


if __name__ == "__main__":
    sys.exit(main())
