"""How the test cluster's programs are built and kept, with a Go that notes what it was asked."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.toolchain import cluster, go_parts
from infra.toolchain.cluster import NotInstalledError
from infra.toolchain.go_parts import Data, GoMissingError, Part, Patch, PatchError, PinError
from infra.toolchain.progress import CommandFailedError

ROOT = Path(__file__).resolve().parents[3]

GO = """#!{python}
import json, os, pathlib, sys
module = pathlib.Path({module!r})
with pathlib.Path({calls!r}).open("a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
if sys.argv[1:3] == ["mod", "download"]:
    print(json.dumps({{"Dir": str(module)}}))
elif "example.org/tool/broken" in sys.argv:
    sys.exit("cannot build it")
else:
    overlay = [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == "-overlay"]
    replaced = json.loads(pathlib.Path(overlay[0]).read_text())["Replace"] if overlay else {{}}
    target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
    target.write_text("".join(pathlib.Path(copy).read_text() for copy in replaced.values()))
    target.chmod(0o755)
"""


class Workshop:
    """A go.mod of a part, the module that it pins, and the fake Go; in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.cache, self.bin = folder / "cache", folder / "bin"
        self.module, self.calls_file = folder / "module", folder / "calls"
        self.pins = folder / "cluster" / "tool"
        commands = self.module / "cmd" / "tool"
        for each in (self.bin, commands, self.module / "data" / "testdata", self.pins):
            each.mkdir(parents=True)
        (self.pins / "go.mod").write_text("module x\n\nrequire example.org/tool v1.2.3\n")
        (self.pins / "go.sum").write_text("")
        (commands / "main.go").write_text("listen(everywhere)")
        for name in ("b.yaml", "a.yaml", "testdata/case.yaml", "readme.md"):
            (self.module / "data" / name).write_text(name)
        go = self.bin / "go"
        values = {"module": str(self.module), "calls": str(self.calls_file)}
        go.write_text(GO.format(python=sys.executable, **values))
        go.chmod(0o755)

    def install(self, part: Part) -> bool:
        return go_parts.install_part(part, path=str(self.bin), cache=self.cache)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self.calls_file.read_text().splitlines()]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(go_parts, "MODULES", tmp_path / "cluster")
    return Workshop(tmp_path)


TOOL = Part(
    name="tool",
    module="example.org/tool",
    programs={"tool": "example.org/tool/cmd/tool"},
    data=(Data(name="kept", path="data"),),
    version_variables=("example.org/tool/version.version",),
)


def test_a_part_is_built_once_with_its_data(workshop: Workshop) -> None:
    assert workshop.install(TOOL)
    assert not workshop.install(TOOL)
    folder = TOOL.folder(workshop.cache)
    assert folder.name.startswith("tool-v1.2.3-")
    kept = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert kept == ["data/kept/a.yaml", "data/kept/b.yaml", "tool"]
    build = workshop.calls[-1]
    assert build[0] == "build"
    assert "-s -w -X example.org/tool/version.version=v1.2.3" in build
    assert len(workshop.calls) == 2


def test_other_pins_are_another_build(workshop: Workshop) -> None:
    before = TOOL.folder(workshop.cache)
    (workshop.pins / "go.sum").write_text("example.org/other v1.0.0 h1:x=\n")
    assert TOOL.folder(workshop.cache) != before


def test_a_replacement_is_the_version_that_counts(workshop: Workshop) -> None:
    (workshop.pins / "go.mod").write_text(
        "require (\n\texample.org/tool v1.2.3\n)\n\n"
        "replace example.org/tool => example.org/tool v1.1.0\n"
    )
    assert TOOL.version() == "v1.1.0"


def test_a_patch_is_built_in_and_not_kept(workshop: Workshop) -> None:
    patch = Patch(program="tool", old="everywhere", new="loopback")
    part = Part(name="tool", module=TOOL.module, programs=TOOL.programs, patches=(patch,))
    workshop.install(part)
    folder = part.folder(workshop.cache)
    assert (folder / "tool").read_text() == "listen(loopback)"
    assert [path.name for path in folder.iterdir()] == ["tool"]
    assert (workshop.module / "cmd" / "tool" / "main.go").read_text() == "listen(everywhere)"
    assert [path.name for path in workshop.pins.iterdir()] == ["go.mod", "go.sum"]
    assert workshop.calls[-1][-1] == "./tool"


def test_a_patch_that_no_longer_fits_is_refused(workshop: Workshop) -> None:
    patch = Patch(program="tool", old="nowhere", new="loopback")
    part = Part(name="tool", module=TOOL.module, programs=TOOL.programs, patches=(patch,))
    with pytest.raises(PatchError, match=r"main\.go has not 'nowhere' exactly once"):
        workshop.install(part)
    assert not part.folder(workshop.cache).exists()


def test_a_build_that_fails_leaves_nothing(workshop: Workshop) -> None:
    programs = {"tool": "example.org/tool/cmd/tool", "broken": "example.org/tool/broken"}
    part = Part(name="tool", module=TOOL.module, programs=programs)
    with pytest.raises(CommandFailedError, match="cannot build it"):
        workshop.install(part)
    assert [path.name for path in (workshop.cache / "cluster").iterdir()] == ["tool.lock"]


def test_data_that_the_pinned_version_lacks_is_said(workshop: Workshop) -> None:
    part = Part(name="tool", module=TOOL.module, data=(Data(name="kept", path="absent"),))
    with pytest.raises(PinError, match=r"example.org/tool v1.2.3 has no YAML at absent"):
        workshop.install(part)


def test_a_machine_without_go_is_told_what_to_install(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workshop.bin / "go").unlink()
    monkeypatch.setattr(go_parts, "GO_FOLDER", str(workshop.bin))
    with pytest.raises(GoMissingError, match="Install Go"):
        workshop.install(TOOL)


def test_what_a_killed_build_left_is_removed_by_the_next(workshop: Workshop) -> None:
    go = workshop.bin / "go"
    real = go.read_text()
    # Not a child that is left: it becomes the sleeper, and the sleeper is ended by pid below.
    go.write_text("#!/bin/sh\necho $$ > " + f"{workshop.bin}/pid\nexec sleep 60\n")
    code = (
        "from pathlib import Path; from infra.toolchain import go_parts;"
        f"go_parts.MODULES = Path({str(workshop.pins.parent)!r});"
        "part = go_parts.Part(name='tool', module='example.org/tool', programs={'tool': 'x'});"
        f"go_parts.install_part(part, path={f'{workshop.bin}:/bin:/usr/bin'!r},"
        f" cache=Path({str(workshop.cache)!r}))"
    )
    build = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    pid_file = workshop.bin / "pid"
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text().strip()):
        assert time.monotonic() < deadline, "the build did not start"
        time.sleep(0.02)
    build.kill()
    build.wait()
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    left = [path.name for path in (workshop.cache / "cluster").iterdir()]
    assert any(name.startswith(".tool-") for name in left)
    assert not any(name.startswith("tool-") for name in left)

    go.write_text(real)
    part = Part(name="tool", module=TOOL.module, programs=TOOL.programs)
    assert workshop.install(part)
    left = sorted(path.name for path in (workshop.cache / "cluster").iterdir())
    assert left == [part.folder(workshop.cache).name, "tool.lock"]


def test_what_is_not_installed_says_how_to_install_it(tmp_path: Path) -> None:
    for look in (
        lambda: cluster.program("etcd", tmp_path),
        lambda: cluster.data("kwok", "crd", tmp_path),
    ):
        with pytest.raises(NotInstalledError, match=r"python3 -m infra\.toolchain\.cluster"):
            look()
    with pytest.raises(NotInstalledError, match="has no program kubelet"):
        cluster.program("kubelet", tmp_path)


@pytest.mark.parametrize("part", cluster.PARTS, ids=lambda part: str(part.name))
def test_every_part_is_pinned(part: Part) -> None:
    assert part.version().startswith("v")
    pinned = (part.source / "go.sum").read_text()
    for kept in part.data:
        module = kept.module or part.module
        assert f"{module} {part.version(module)} h1:" in pinned
    tools = (part.source / "go.mod").read_text()
    assert all(package in tools for package in part.programs.values())


def test_kubernetes_and_its_parts_have_the_same_version() -> None:
    part = next(part for part in cluster.PARTS if part.name == "kubernetes")
    lines = (part.source / "go.mod").read_text().splitlines()
    versions = {line.split()[-1] for line in lines if " => k8s.io/" in line}
    assert versions == {part.version().replace("v1.", "v0.")}
