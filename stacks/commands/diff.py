"""``autoserve diff``: what two stacks, or two commits of one stack, would make different."""

import sys
from collections.abc import Callable

import click

from infra.cli import DIFFERENCES, emit, fail, json_option
from infra.rendering.difference import Rendering, difference
from infra.rendering.difference_text import as_json as as_document
from infra.rendering.difference_text import as_markdown
from infra.rendering.render import RenderError
from infra.services.consistency import CatalogueError
from infra.settings import SettingsError
from infra.stack_settings import StackFileError
from stacks.rendering import RevisionError, rendering_at, rendering_of

__all__ = ["diff"]

WORKING_TREE = "working tree"
MOST_SIDES = 2

Side = tuple[str, Callable[[], Rendering]]


@click.command()
@click.argument("sides", nargs=-1, required=True, metavar="A [B]")
@click.option("--stack", metavar="NAME", help="A and B are commits; compare this stack at both.")
@json_option
def diff(sides: tuple[str, ...], *, stack: str | None, as_json: bool) -> None:
    """Show what differs between two stacks, or between two commits of one; exit code 2 if any.

    \b
        autoserve diff dev prod
        autoserve diff main.. --stack prod        main and the last commit
        autoserve diff main --stack prod          main and the files as they are
        autoserve diff v1.0 v1.1 --stack prod

    Objects, their fields and connections that the network policies allow, as Markdown. A commit is
    rendered by its own code. Secrets are named, never shown.
    """
    before, after = _commits(sides, stack) if stack else _stacks(sides)
    try:
        found = difference(before[1](), after[1]())
    except (
        SettingsError,
        StackFileError,
        CatalogueError,
        RenderError,
        RevisionError,
        OSError,
    ) as exc:
        raise fail(str(exc)) from exc
    if as_json:
        emit({"before": before[0], "after": after[0], **as_document(found)})
    else:
        click.echo(as_markdown(found, before=before[0], after=after[0]), nl=False)
    sys.exit(DIFFERENCES if found else 0)


def _stacks(sides: tuple[str, ...]) -> tuple[Side, Side]:
    if len(sides) != MOST_SIDES or any(".." in side for side in sides):
        raise click.UsageError("name two stacks, or commits and --stack NAME")
    before, after = ((side, lambda stack=side: rendering_of(stack)) for side in sides)
    return before, after


def _commits(sides: tuple[str, ...], stack: str) -> tuple[Side, Side]:
    """The two sides as git's own ``diff`` takes them: ``A B``, ``A..B``, ``A..`` or ``A``."""
    first, dots, last = sides[0].partition("..")
    if len(sides) > MOST_SIDES or (dots and len(sides) == MOST_SIDES) or last.startswith("."):
        raise click.UsageError("name commits as A B, A..B, A.. or A")
    if dots:
        return _at(first or "HEAD", stack), _at(last or "HEAD", stack)
    if len(sides) == MOST_SIDES:
        return _at(first, stack), _at(sides[1], stack)
    return _at(first, stack), (WORKING_TREE, lambda: rendering_of(stack))


def _at(revision: str, stack: str) -> Side:
    return revision, lambda: rendering_at(revision, stack)
