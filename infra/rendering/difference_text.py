"""A difference for people, as Markdown that fits a pull request, and for machines, as JSON."""

import difflib
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from infra.rendering.difference import ABSENT, Change, Difference
from infra.rendering.reachability import Edge

__all__ = ["as_json", "as_markdown"]

LONGEST_VALUE = 60
KEPT_BEFORE = 20
LONGEST_TEXT = 60_000  # a comment on GitHub holds 65,536 characters


def as_markdown(found: Difference, *, before: str, after: str) -> str:
    """Sections for connections, releases and objects; what would not fit a comment is cut, said so.

    Args:
        found: the difference.
        before: what the first rendering is of, e.g. ``dev``.
        after: what the second is of.
    """
    lines = [f"### `{before}` → `{after}`", "", _summary(found)]
    for section in (_connections(found), _releases(found), _objects(found), _changed(found)):
        body = list(section)
        if body:
            lines += ["", *body]
    return _cut("\n".join(lines) + "\n")


def as_json(found: Difference) -> dict[str, Any]:
    """All of it, values whole; a side without the field has no ``before`` or ``after``."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [
            {"object": each.title, "changes": [_change_json(change) for change in each.changes]}
            for each in found.changed
        ],
        "gained": [_edge_json(edge) for edge in found.gained],
        "lost": [_edge_json(edge) for edge in found.lost],
        "releases_added": list(found.releases_added),
        "releases_removed": list(found.releases_removed),
    }


def _summary(found: Difference) -> str:
    if not found:
        return "No difference."
    counts = (
        (len(found.added), "object", "added"),
        (len(found.removed), "object", "removed"),
        (len(found.changed), "object", "changed"),
        (len(found.gained), "connection", "gained"),
        (len(found.lost), "connection", "lost"),
        (len(found.releases_added), "release", "added"),
        (len(found.releases_removed), "release", "removed"),
    )
    words = [f"{n} {what}{'s' * (n != 1)} {how}" for n, what, how in counts if n]
    return ", ".join(words) + "."


def _connections(found: Difference) -> Iterator[str]:
    if not found.gained and not found.lost:
        return
    yield from ("#### Connections", "", "| | from | to | port |", "|---|---|---|---|")
    for sign, edges in (("+", found.gained), ("-", found.lost)):
        for edge in edges:
            yield f"| {sign} | {edge.source} | {edge.target} | {edge.ports} |"


def _releases(found: Difference) -> Iterator[str]:
    signed = [*_signed("+", found.releases_added), *_signed("-", found.releases_removed)]
    if signed:
        yield from ("#### Releases of others", "", "```diff", *signed, "```")


def _objects(found: Difference) -> Iterator[str]:
    signed = [*_signed("+", found.added), *_signed("-", found.removed)]
    if signed:
        yield from ("#### Objects", "", "```diff", *signed, "```")


def _changed(found: Difference) -> Iterator[str]:
    """Objects that change alike are listed together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in found.changed:
        alike.setdefault(tuple(map(_change_text, each.changes)), []).append(each.title)
    if alike:
        yield from ("#### Changes", "")
    for texts, titles in alike.items():
        yield f"- {', '.join(f'**{title}**' for title in titles)}"
        for text in texts:
            yield f"  - {text}"


def _signed(sign: str, texts: Iterable[str]) -> list[str]:
    return [f"{sign} {text}" for text in texts]


def _change_text(change: Change) -> str:
    before, after = change.before, change.after
    if before is ABSENT:
        return f"`{change.path}`: added {_code(_plain(after))}"
    if after is ABSENT:
        return f"`{change.path}`: removed {_code(_plain(before))}"
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        return f"`{change.path}`: {_lines_changed(before, after)}"
    ours, theirs = _plain(before), _plain(after)
    pairs = zip(ours, theirs, strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    # Long values that begin alike: what matters is where they part.
    start = max(0, same - KEPT_BEFORE) if max(len(ours), len(theirs)) > LONGEST_VALUE else 0
    return f"`{change.path}`: {_code(ours, start)} → {_code(theirs, start)}"


def _lines_changed(before: str, after: str) -> str:
    steps = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    more = sum(step.startswith("+") for step in steps[2:])  # two lines of header
    less = sum(step.startswith("-") for step in steps[2:])
    return f"{more} lines more, {less} lines less" if steps else "line ends"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _code(text: str, start: int = 0) -> str:
    shown = ("…" if start else "") + text[start:]
    if len(shown) > LONGEST_VALUE:
        shown = shown[: LONGEST_VALUE - 1] + "…"
    one_line = " ".join(shown.split()).replace("`", "'")
    return f"`{one_line}`" if one_line else "nothing"


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    kept = text[:LONGEST_TEXT].rpartition("\n")[0]
    left_out = text.count("\n") - kept.count("\n")
    return f"{kept}\n\n… and {left_out} lines more: `autoserve diff` prints all with `--json`.\n"


def _change_json(change: Change) -> dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    return {"path": change.path, **{k: v for k, v in sides.items() if v is not ABSENT}}


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {
        "from": edge.source,
        "to": edge.target,
        "protocol": edge.ports.protocol,
        "first_port": edge.ports.first,
        "last_port": edge.ports.last,
    }
