"""``autoserve images``: listed, pinned, checked; never half written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.platform import images as table
from infra.platform.images import Image
from stacks.commands.images import images
from tests.stacks.registry_site import RegistrySite, registry_site

OLD, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistrySite]:
    """A registry that has the two images which are the table in these tests."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with registry_site() as made:
        rows = tuple(
            Image(name=name, repository=f"{made.host}/library/{name}", tag="1.0")
            for name in ("postgres", "redis")
        )
        made.digests = {"library/postgres:1.0": NEW, "library/redis:1.0": NEW}
        monkeypatch.setattr(table, "THIRD_PARTY", rows)
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "digests.json"
    made.write_text("{}\n")
    return made


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(images, [*words, "--file", str(file)])


def test_the_list_has_each_image_with_the_digest_that_is_known(
    site: RegistrySite, file: Path
) -> None:
    file.write_text(json.dumps({f"{site.host}/library/redis:1.0": OLD}))
    result = run(file)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            f"postgres  {site.host}/library/postgres:1.0",
            f"redis     {site.host}/library/redis:1.0@{OLD}",
        ],
    )


def test_the_list_as_json(site: RegistrySite, file: Path) -> None:
    rows = json.loads(run(file, "--json").output)["images"]
    assert rows[0] == {
        "name": "postgres",
        "repository": f"{site.host}/library/postgres",
        "tag": "1.0",
        "digest": "",
        "reference": f"{site.host}/library/postgres:1.0",
    }


def test_pinning_writes_what_the_registry_has_and_checking_then_finds_nothing(
    site: RegistrySite, file: Path
) -> None:
    pinned = run(file, "pin")
    assert pinned.exit_code == 0, pinned.output
    assert f"redis:1.0: found no digest, its registry has {NEW}" in pinned.output
    assert json.loads(file.read_text()) == {
        f"{site.host}/library/postgres:1.0": NEW,
        f"{site.host}/library/redis:1.0": NEW,
    }
    checked = run(file, "pin", "--check")
    assert (checked.exit_code, checked.output) == (0, "0 of 2 digests differ\n")


def test_checking_tells_a_moved_tag_by_exit_code_2_and_writes_nothing(
    site: RegistrySite, file: Path
) -> None:
    run(file, "pin")
    site.digests["library/redis:1.0"] = OLD
    before = file.read_text()
    checked = run(file, "pin", "--check", "--json")
    assert checked.exit_code == 2
    assert json.loads(checked.output) == {
        "different": [
            {"tagged": f"{site.host}/library/redis:1.0", "digest": OLD, "known": NEW},
        ],
        "written": False,
    }
    assert file.read_text() == before


def test_where_one_image_cannot_be_asked_for_nothing_is_written(
    site: RegistrySite, file: Path
) -> None:
    del site.digests["library/redis:1.0"]
    result = run(file, "pin")
    assert result.exit_code == 1
    assert "redis:1.0: its registry has no such tag\nnothing was written" in result.output
    assert file.read_text() == "{}\n"


def test_checking_without_pinning_is_refused(site: RegistrySite, file: Path) -> None:
    result = run(file, "list", "--check")
    assert result.exit_code == 2
    assert "allowed: images pin --check" in result.output


def test_a_stack_that_is_not_there_is_named_with_those_that_are(file: Path) -> None:
    result = run(file, "--stack", "nowhere")
    assert result.exit_code == 1
    assert "--stack: found 'nowhere', which has no stacks/Pulumi.nowhere.yaml; allowed: " in (
        result.output
    )
    assert "local" in result.output
