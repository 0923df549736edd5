"""The programs and data of the test cluster, all of them from pinned Go modules.

There is one ``go.mod`` for each part, because their dependencies conflict. Definitions of
resources, kwok's stages and roles lie in the modules as data and are copied beside the programs:
nothing fetched is ever in the tree, and starting a cluster needs neither Go nor a network.

``python3 -m infra.toolchain.cluster [PART ...]`` installs what is missing. Standard library only.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from infra.toolchain.engine import cache_folder
from infra.toolchain.go_parts import Data, Part, Patch, install_part
from infra.toolchain.progress import BootstrapError, say

__all__ = ["PARTS", "NotInstalledError", "data", "install", "main", "program"]

INTERRUPTED = 130


class NotInstalledError(BootstrapError):
    """A program or data of the test cluster is asked for before it was installed."""


PARTS = (
    Part(
        name="kubernetes",
        module="k8s.io/kubernetes",
        programs={
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        version_variables=("k8s.io/component-base/version.gitVersion",),
    ),
    Part(
        name="etcd",
        module="go.etcd.io/etcd/server/v3",
        programs={"etcd": "go.etcd.io/etcd/server/v3"},
    ),
    Part(
        name="kwok",
        module="sigs.k8s.io/kwok",
        programs={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
        data=(
            Data(name="crd", path="kustomize/crd/bases"),
            Data(name="metrics", path="kustomize/metrics/resource/metrics-resource.yaml"),
            Data(name="node-stages", path="kustomize/stage/node/fast"),
            Data(name="heartbeat", path="kustomize/stage/node/heartbeat-with-lease"),
            Data(name="pod-stages", path="kustomize/stage/pod/fast"),
            Data(name="volume-stages", path="kustomize/stage/volume/fast"),
        ),
    ),
    Part(
        name="metrics-server",
        module="sigs.k8s.io/metrics-server",
        programs={"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"},
        data=(Data(name="roles", path="manifests/base/rbac.yaml"),),
    ),
    Part(
        name="keda",
        module="github.com/kedacore/keda/v2",
        programs={
            "keda-operator": "github.com/kedacore/keda/v2/cmd/operator",
            "keda-adapter": "github.com/kedacore/keda/v2/cmd/adapter",
        },
        data=(
            Data(name="crd", path="config/crd/bases"),
            Data(name="account", path="config/service_account/service_account.yaml"),
            Data(name="operator-roles", path="config/rbac"),
            Data(name="adapter-roles", path="config/metrics-server"),
        ),
        # Its metrics listen on every interface, whatever the flags; the cluster is loopback only.
        patches=(
            Patch(
                program="keda-adapter",
                old='fmt.Sprintf(":%v", metricsAPIServerPort)',
                new='fmt.Sprintf("127.0.0.1:%v", metricsAPIServerPort)',
            ),
        ),
    ),
    Part(
        name="definitions",
        module="sigs.k8s.io/gateway-api",
        data=(
            Data(name="gateway-api", path="config/crd/standard"),
            Data(
                name="cert-manager",
                path="deploy/crds",
                module="github.com/cert-manager/cert-manager",
            ),
            Data(
                name="vertical-pod-autoscaler",
                path="deploy/vpa-v1-crd-gen.yaml",
                module="k8s.io/autoscaler/vertical-pod-autoscaler",
            ),
        ),
    ),
    Part(
        name="checks",
        module="github.com/yannh/kubeconform",
        programs={
            "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
            "kube-score": "github.com/zegl/kube-score/cmd/kube-score",
        },
    ),
)


def program(name: str, cache: Path | None = None) -> Path:
    """Where a program of the test cluster is.

    Raises:
        NotInstalledError: it was not built yet, or the test cluster has none of that name.
    """
    for part in PARTS:
        if name in part.programs:
            return _installed(part.folder(cache or cache_folder()) / name, name)
    raise NotInstalledError(f"the test cluster has no program {name}")


def data(part_name: str, name: str, cache: Path | None = None) -> list[Path]:
    """The files that a part keeps under a name, sorted.

    Raises:
        NotInstalledError: the part was not installed yet, or it keeps nothing of that name.
    """
    for part in PARTS:
        if part.name == part_name and name in {kept.name for kept in part.data}:
            folder = part.folder(cache or cache_folder()) / "data" / name
            _installed(folder, f"{part_name}'s {name}")
            return sorted(path for path in folder.rglob("*") if path.is_file())
    raise NotInstalledError(f"the part {part_name} of the test cluster keeps no {name}")


def install(
    parts: Iterable[Part] = PARTS, *, path: str | None = None, cache: Path | None = None
) -> list[Part]:
    """Build and copy what is missing; gives the parts that were.

    Raises:
        BootstrapError: something cannot be built here; see `install_part`.
    """
    search = os.environ.get("PATH", os.defpath) if path is None else path
    kept = cache or cache_folder()
    return [part for part in parts if install_part(part, path=search, cache=kept)]


def _installed(path: Path, what: str) -> Path:
    if not path.exists():
        raise NotInstalledError(
            f"the test cluster's {what} is not installed: run `python3 -m infra.toolchain.cluster`"
        )
    return path


def main(arguments: list[str] | None = None) -> int:
    """Install the named parts, or all of them; the exit code is 1 when that cannot be done."""
    parser = argparse.ArgumentParser(prog="cluster", description=(__doc__ or "").splitlines()[0])
    names = [part.name for part in PARTS]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    wanted = parser.parse_args(arguments).parts
    if unknown := sorted(set(wanted) - set(names)):
        parser.error(f"unknown part {', '.join(unknown)}; there are {', '.join(names)}")
    started = time.monotonic()
    try:
        built = install([part for part in PARTS if not wanted or part.name in wanted])
    except (BootstrapError, OSError) as exc:
        say(f"error: {exc}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; nothing half-built was kept, call it again")
        return INTERRUPTED
    if built:
        took = time.monotonic() - started
        say(f"installed {', '.join(part.name for part in built)} in {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
