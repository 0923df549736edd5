"""Release manifests, from a server of the test's own and from the cache."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.platform.manifests import ManifestError, cached_at, file_of, manifests, objects_of
from infra.platform.releases import RELEASES, Release

TEXT = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: keda\n"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


class Site(ThreadingHTTPServer):
    """Serves ``pages`` by path and counts who asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        self.send_response(404 if page is None else 200)
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Site() as made:
        thread = Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path)}


@pytest.fixture
def release(site: Site) -> Callable[..., Release]:
    def make(name: str = "keda", *, sha256: str | None = None, version: str = "v2") -> Release:
        site.pages.setdefault(f"/{name}.yaml", TEXT)
        url = site.url(f"/{name}.yaml")
        return Release(name=name, part_of="keda", version=version, url=url, sha256=sha256)

    return make


def test_a_manifest_is_fetched_once_and_then_comes_from_the_cache(
    release: Callable[..., Release], site: Site, cache: dict[str, str]
) -> None:
    wanted = [release("keda", sha256=DIGEST), release("vpa-crds")]
    assert manifests(wanted, cache) == {"keda": TEXT, "vpa-crds": TEXT}
    site.pages.clear()
    assert manifests(wanted, cache) == {"keda": TEXT, "vpa-crds": TEXT}
    assert sorted(site.asked) == ["/keda.yaml", "/vpa-crds.yaml"]


def test_a_new_version_or_address_is_another_file(
    release: Callable[..., Release], cache: dict[str, str]
) -> None:
    folder = cached_at(cache)
    files = {
        file_of(each, folder)
        for each in (release("keda"), release("keda", version="v3"), release("other"))
    }
    assert len(files) == 3
    assert all(file.name.startswith(("keda-v2-", "keda-v3-", "other-v2-")) for file in files)


def test_what_is_not_what_its_checksum_says_is_refused_and_not_kept(
    release: Callable[..., Release], site: Site, cache: dict[str, str]
) -> None:
    expected = "0" * 64
    with pytest.raises(ManifestError) as caught:
        manifests([release(sha256=expected)], cache)
    assert caught.value.problems == [
        f"keda v2: {site.url('/keda.yaml')} is refused: its SHA-256 is {DIGEST}, "
        f"expected {expected}"
    ]
    assert list(cached_at(cache).glob("*")) == []


def test_a_file_that_was_changed_in_the_cache_is_refused_by_name(
    release: Callable[..., Release], cache: dict[str, str]
) -> None:
    pinned = release(sha256=DIGEST)
    manifests([pinned], cache)
    file = file_of(pinned, cached_at(cache))
    file.write_text(TEXT + "# changed\n")
    with pytest.raises(ManifestError, match=f"keda v2: {file} is refused: its SHA-256 is"):
        manifests([pinned], cache)


def test_an_address_that_cannot_be_reached_is_one_line_with_where_to_put_the_file(
    cache: dict[str, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}/keda.yaml"
    gone = Release(name="keda", part_of="keda", version="v2", url=url)
    with pytest.raises(ManifestError) as caught:
        manifests([gone], cache)
    (line,) = caught.value.problems
    assert line.startswith(f"keda v2: {url} cannot be fetched (")
    assert line.endswith(f"put it at {file_of(gone, cached_at(cache))}")


def test_a_file_put_there_by_hand_serves_without_a_network(cache: dict[str, str]) -> None:
    url = "https://unreachable.invalid/keda.yaml"
    gone = Release(name="keda", part_of="keda", version="v2", url=url, sha256=DIGEST)
    file = file_of(gone, cached_at(cache))
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    assert manifests([gone], cache) == {"keda": TEXT}


def test_every_missing_manifest_is_named_at_once(
    release: Callable[..., Release], site: Site, cache: dict[str, str]
) -> None:
    wanted = [release("keda"), release("vpa-crds"), release("vpa-rbac")]
    del site.pages["/keda.yaml"], site.pages["/vpa-rbac.yaml"]
    with pytest.raises(ManifestError) as caught:
        manifests(wanted, cache)
    assert [line.partition(" ")[0] for line in caught.value.problems] == ["keda", "vpa-rbac"]
    assert all("(HTTP 404 Not Found)" in line for line in caught.value.problems)


@pytest.mark.parametrize("page", ["<html>sign in</html>", "", "# apiVersion: v1\n"])
def test_a_page_that_is_no_manifest_is_refused(
    release: Callable[..., Release], site: Site, cache: dict[str, str], page: str
) -> None:
    wanted = release()
    site.pages["/keda.yaml"] = page
    with pytest.raises(ManifestError, match="it is no Kubernetes manifest"):
        manifests([wanted], cache)


def test_a_cache_that_cannot_be_written_is_named(
    release: Callable[..., Release], tmp_path: Path, cache: dict[str, str]
) -> None:
    (tmp_path / "autoserve").write_text("a file where a folder must be")
    with pytest.raises(ManifestError, match=r"cannot be (read|written): Not a directory"):
        manifests([release()], cache)


CONTROLLERS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cert-manager}
spec: {template: {spec: {containers: [{name: controller, args: [--v=2]}]}}}
---
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cert-manager-webhook}
spec: {template: {spec: {containers: [{name: webhook, args: [--v=2]}]}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cert-manager}
"""


def test_a_release_gets_the_flags_that_its_manifest_leaves_out_and_only_where_it_must() -> None:
    cert_manager = next(release for release in RELEASES if release.name == "cert-manager")
    controller, webhook, account = objects_of(cert_manager, CONTROLLERS)
    containers = [
        each["spec"]["template"]["spec"]["containers"][0] for each in (controller, webhook)
    ]
    assert containers[0]["args"] == ["--v=2", "--enable-gateway-api"]
    assert containers[1]["args"] == ["--v=2"]
    assert account == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "cert-manager"},
    }
