"""``autoserve images``: which images a stack runs, and the digests of their tags."""

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from infra.cli import DIFFERENCES, DONE, emit, fail, stack_options
from infra.kubernetes.settings import ImageSettings
from infra.platform.images import DIGESTS, OWN, Image, digests, images_of, keep, reference
from infra.platform.registry import Registry, RegistryError
from infra.settings import SettingsError
from infra.stack_settings import StackFileError, settings_of

__all__ = ["images"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a registry says of a tag, beside what is known."""

    tagged: str
    digest: str
    known: str

    @property
    def differs(self) -> bool:
        return self.digest != self.known

    def __str__(self) -> str:
        return f"{self.tagged}: found {self.known or 'no digest'}, its registry has {self.digest}"


@click.command()
@click.argument("action", type=click.Choice(["list", "pin"]), default="list")
@click.option("--check", is_flag=True, help="With pin: write nothing; exit code 2 on a difference.")
@click.option("--file", type=click.Path(path_type=Path), default=DIGESTS, hidden=True)
@stack_options
def images(action: str, stack: str, *, check: bool, file: Path, as_json: bool) -> None:
    """List the images of a stack, or pin their tags to the digests that the registries have.

    A stack on this machine has none of ours: then only those of others are looked at. Pinning is
    the one that needs a network; where one image cannot be asked for, nothing is written.
    """
    found = _images(stack, digests(file))
    if action == "pin":
        sys.exit(_pin(found, file, check=check, as_json=as_json))
    if check:
        raise click.UsageError("--check: found without `pin`, allowed: images pin --check")
    if as_json:
        emit({"images": [_row(each) for each in found]})
        return
    width = max(len(each.name) for each in found)
    for each in found:
        click.echo(f"{each.name:<{width}}  {reference(each)}")


def _pin(found: tuple[Image, ...], file: Path, *, check: bool, as_json: bool) -> int:
    asked = _ask(found)
    different = [each for each in asked if each.differs]
    if not check:
        keep({each.tagged: each.digest for each in asked}, file)
    if as_json:
        emit({"different": [vars(each) for each in different], "written": not check})
    else:
        for each in different:
            click.echo(str(each))
        done = "differ" if check else f"were written to {file}"
        click.echo(f"{len(different)} of {len(asked)} digests {done}")
    return DIFFERENCES if check and different else DONE


def _ask(found: tuple[Image, ...]) -> list[Asked]:
    asked, problems = [], []
    with closing(Registry.anonymous()) as registry:
        for each in found:
            try:
                digest = registry.digest(each)
            except RegistryError as exc:
                problems.append(str(exc))
            else:
                asked.append(Asked(tagged=each.tagged, digest=digest, known=each.digest))
    if problems:
        raise fail("\n".join([*problems, "nothing was written"]))
    return asked


def _images(stack: str, known: dict[str, str]) -> tuple[Image, ...]:
    try:
        cluster = settings_of(stack).cluster
    except (SettingsError, StackFileError) as exc:
        raise fail(str(exc)) from exc
    if cluster is not None:
        return images_of(cluster.images, known)
    every = images_of(ImageSettings(), known)
    return tuple(each for each in every if each.name not in OWN)


def _row(each: Image) -> dict[str, str]:
    return {**vars(each), "reference": reference(each)}
