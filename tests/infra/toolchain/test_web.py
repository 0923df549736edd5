"""The web dashboard is built when its sources changed, and only then."""

from pathlib import Path

import pytest

from infra.toolchain import tools, web


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web folder, and an npm that writes down how it is called."""
    sources = tmp_path / "web"
    (sources / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/main.ts"):
        (sources / name).write_text("{}")
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\necho "$1" >> ../calls\nmkdir -p node_modules dist\n')
    npm.chmod(0o755)
    monkeypatch.setattr(web, "_npm", lambda: npm)
    monkeypatch.setattr(tools, "install", lambda _: None)
    return sources


def calls(folder: Path) -> list[str]:
    return (folder.parent / "calls").read_text().split()


def test_it_is_built_once_for_the_same_sources(folder: Path) -> None:
    web.build(folder)
    web.build(folder)
    assert calls(folder) == ["ci", "run"]
    assert web.is_current(folder)


def test_a_changed_source_is_built_without_installing_packages_again(folder: Path) -> None:
    web.build(folder)
    (folder / "src" / "main.ts").write_text("changed")
    assert not web.is_current(folder)
    web.build(folder)
    assert calls(folder) == ["ci", "run", "run"]


def test_another_lock_file_installs_packages_again(folder: Path) -> None:
    web.build(folder)
    (folder / "package-lock.json").write_text("{ }")
    web.build(folder)
    assert calls(folder) == ["ci", "run", "ci", "run"]


def test_tests_want_the_packages_even_where_the_build_is_current(folder: Path) -> None:
    web.build(folder)
    (folder / "node_modules" / web.STAMP).unlink()
    web.build(folder, with_modules=True)
    assert calls(folder) == ["ci", "run", "ci"]
