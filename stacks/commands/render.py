"""``autoserve render``: the Kubernetes objects of a stack as files, one each."""

from pathlib import Path

import click

from infra.cli import emit, fail, stack_options
from infra.rendering.render import RenderError
from infra.rendering.render import render as write
from infra.services.consistency import CatalogueError
from infra.settings import SettingsError
from infra.stack_settings import StackFileError
from stacks.rendering import recording_of

__all__ = ["render"]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder to write to; new, empty or an earlier rendering.",
)
@stack_options
def render(stack: str, *, out: Path, as_json: bool) -> None:
    """Write the Kubernetes objects of a stack as YAML, one file each, without secret values.

    Asks neither the engine nor a cluster. What an earlier rendering wrote to DIR is replaced.
    """
    try:
        recording, releases = recording_of(stack)
        files = write(recording, out, releases=releases)
    except (SettingsError, StackFileError, CatalogueError, RenderError, OSError) as exc:
        raise fail(str(exc)) from exc
    if as_json:
        emit(
            {"stack": stack, "folder": str(out), "files": [str(f.relative_to(out)) for f in files]}
        )
        return
    click.echo(f"{len(files)} files in {out}")
