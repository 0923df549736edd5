"""Which engine is chosen, and what is refused."""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.toolchain import engine
from infra.toolchain.engine import (
    ENGINE_VERSION,
    ChecksumError,
    EngineMissingError,
    engine_folder,
    find_engine,
    install_engine,
)


def program(path: Path, output: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {output}\n")
    path.chmod(0o755)
    return path


def release(*members: str) -> bytes:
    """A release archive whose files hold their own names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in members:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
    return buffer.getvalue()


def publisher(archive: bytes, checksum: str | None = None) -> Callable[[str, Path], None]:
    name = f"pulumi-v{ENGINE_VERSION}-{engine._platform()}.tar.gz"
    listed = checksum or hashlib.sha256(archive).hexdigest()

    def fetch(url: str, target: Path) -> None:
        assert url.startswith("https://get.pulumi.com/releases/sdk/pulumi-")
        is_list = url.endswith("-checksums.txt")
        target.write_bytes(f"{listed}  {name}\n".encode() if is_list else archive)

    return fetch


def nobody_fetches(url: str, target: Path) -> None:
    raise AssertionError(url)


def test_an_engine_on_path_that_is_new_enough_is_used_as_it_is(tmp_path: Path) -> None:
    there = program(tmp_path / "bin" / "pulumi", "v3.300.1")
    program(tmp_path / "bin" / "pulumi-language-python")
    found = install_engine(path=str(tmp_path / "bin"), cache=tmp_path, fetch=nobody_fetches)
    assert (found.binary, found.version, found.needs_our_host) == (there, "3.300.1", False)


def test_an_engine_on_path_without_a_language_host_gets_ours_on_path(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "pulumi", "v3.300.1")
    found = find_engine(path=str(tmp_path / "bin"), cache=tmp_path)
    assert found is not None
    assert [entry.name for entry in found.path_entries] == ["bin", "host"]


@pytest.mark.parametrize("version", ["v3.258.9", "v2.300.0", "nonsense"])
def test_an_engine_on_path_that_is_too_old_is_passed_over(tmp_path: Path, version: str) -> None:
    program(tmp_path / "bin" / "pulumi", version)
    assert find_engine(path=f"{tmp_path / 'bin'}:/bin", cache=tmp_path) is None


def test_the_official_download_is_unpacked_when_its_host_answers(tmp_path: Path) -> None:
    archive = release("pulumi/pulumi", "pulumi/pulumi-language-python", "../evil", "pulumi/a/b")
    found = install_engine(
        path="/nowhere", cache=tmp_path, is_reachable=lambda: True, fetch=publisher(archive)
    )
    folder = engine_folder(tmp_path)
    assert found.binary == folder / "pulumi"
    assert not found.needs_our_host
    assert {path.name for path in folder.iterdir()} == {"pulumi", "pulumi-language-python"}
    assert os.access(folder / "pulumi", os.X_OK)
    assert [path.name for path in tmp_path.rglob("evil")] == []


def test_a_download_that_is_not_what_its_publisher_lists_is_refused(tmp_path: Path) -> None:
    fetch = publisher(release("pulumi/pulumi"), checksum="0" * 64)
    with pytest.raises(ChecksumError, match="refused"):
        install_engine(path="/nowhere", cache=tmp_path, is_reachable=lambda: True, fetch=fetch)
    assert not engine_folder(tmp_path).exists()
    assert list((tmp_path / "engine").glob(".v*")) == []


def test_the_engine_is_built_from_its_module_when_nothing_answers(tmp_path: Path) -> None:
    go = program(tmp_path / "bin" / "go")
    go.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != -o ]; do shift; done\n'
        'printf "#!/bin/sh\\n" > "$2"; chmod 755 "$2"; pwd > "$2.cwd"\n'
    )
    found = install_engine(
        path=f"{tmp_path / 'bin'}:/usr/bin:/bin", cache=tmp_path, is_reachable=lambda: False
    )
    assert found.version == ENGINE_VERSION
    assert not found.needs_our_host
    assert found.binary.with_suffix(".cwd").read_text().strip().endswith("toolchain/engine")
    assert (found.binary.parent / "pulumi-language-python").exists()


def test_the_module_is_built_when_the_download_breaks_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path / "bin" / "go").write_text(
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: > "$2"; chmod 755 "$2"\n'
    )

    def breaks(url: str, target: Path) -> None:
        raise TimeoutError("timed out")

    install_engine(
        path=f"{tmp_path / 'bin'}:/usr/bin:/bin",
        cache=tmp_path,
        is_reachable=lambda: True,
        fetch=breaks,
    )
    assert "building the engine from its Go module instead" in capsys.readouterr().err


def test_without_any_way_the_command_that_helps_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(EngineMissingError, match="apt-get install golang-go"):
        install_engine(path="", cache=tmp_path, is_reachable=lambda: False)


def test_an_engine_in_the_cache_is_not_fetched_again(tmp_path: Path) -> None:
    program(engine_folder(tmp_path) / "pulumi")
    found = install_engine(path="/nowhere", cache=tmp_path, fetch=nobody_fetches)
    assert found.binary == engine_folder(tmp_path) / "pulumi"


def test_an_unfinished_download_of_a_killed_run_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "engine" / f".v{ENGINE_VERSION}-dead"
    left.mkdir(parents=True)
    fetch = publisher(release("pulumi/pulumi", "pulumi/pulumi-language-python"))
    install_engine(path="/nowhere", cache=tmp_path, is_reachable=lambda: True, fetch=fetch)
    assert not left.exists()
