"""Digests, asked from a registry of the test's own."""

import socket
from collections.abc import Iterator

import pytest

from infra.platform.images import Image
from infra.platform.registry import Registry, RegistryError, manifest_url
from tests.stacks.registry_site import RegistrySite, registry_site

DIGEST = "sha256:" + "c" * 64


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistrySite]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with registry_site() as made:
        made.digests["team/app:1.0"] = DIGEST
        yield made


@pytest.fixture
def registry(site: RegistrySite) -> Iterator[Registry]:
    made = Registry.anonymous()
    yield made
    made.close()


def app(host: str, tag: str = "1.0") -> Image:
    return Image(name="app", repository=f"{host}/team/app", tag=tag)


def test_the_digest_is_that_of_the_index_of_all_platforms(
    registry: Registry, site: RegistrySite
) -> None:
    assert registry.digest(app(site.host)) == DIGEST


def test_a_registry_that_wants_a_token_gets_an_anonymous_one(
    registry: Registry, site: RegistrySite
) -> None:
    site.wants_token = True
    assert registry.digest(app(site.host)) == DIGEST
    assert site.scopes == ["repository:team/app:pull"]


def test_a_tag_that_is_not_there_is_named(registry: Registry, site: RegistrySite) -> None:
    with pytest.raises(RegistryError, match=rf"{site.host}/team/app:9: its registry has no such"):
        registry.digest(app(site.host, tag="9"))


def test_no_token_is_fetched_from_where_the_registry_did_not_say_safely(
    registry: Registry, site: RegistrySite
) -> None:
    site.wants_token = True
    site.realm = "file:///etc/passwd"
    with pytest.raises(RegistryError, match="its registry answers 401"):
        registry.digest(app(site.host))


@pytest.mark.parametrize("digest", ["", "sha512:abc", "sha256:short"])
def test_what_is_no_digest_is_refused(registry: Registry, site: RegistrySite, digest: str) -> None:
    site.digests["team/app:1.0"] = digest
    with pytest.raises(RegistryError, match="gives no SHA-256 digest"):
        registry.digest(app(site.host))


def test_a_registry_out_of_reach_is_one_line(registry: Registry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(RegistryError) as caught:
        registry.digest(app(host))
    assert str(caught.value).startswith(f"{host}/team/app:1.0: its registry cannot be asked (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("docker.io/library/redis", "https://registry-1.docker.io/v2/library/redis/manifests/8"),
        ("quay.io/prometheus/prometheus", "https://quay.io/v2/prometheus/prometheus/manifests/8"),
        ("localhost:5000/app", "http://localhost:5000/v2/app/manifests/8"),
        ("localhost.example.org/app", "https://localhost.example.org/v2/app/manifests/8"),
    ],
)
def test_only_a_registry_on_this_machine_is_asked_without_encryption(
    repository: str, url: str
) -> None:
    assert manifest_url(Image(name="x", repository=repository, tag="8")) == url
