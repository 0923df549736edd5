"""Renderings: the same bytes each time, no secret in any, and nothing of others touched."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml

from infra.rendering.document import document
from infra.rendering.recording import record
from infra.rendering.render import RenderError, render, texts
from tests.infra.rendering.programs import deployment, platform


@dataclass(frozen=True)
class Release:
    name: str
    version: str
    url: str
    sha256: str | None = None


def rendered(program: Callable[[], object], **options: Any) -> dict[str, str]:
    return texts(record(program, stack="dev"), **options)


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def config_map(name: str, data: dict[str, Any], namespace: str = "shop") -> None:
    metadata: Any = {"name": name, "namespace": namespace}
    kubernetes.core.v1.ConfigMap(f"{namespace}-{name}", metadata=metadata, data=data)


def test_there_is_one_file_an_object() -> None:
    names = list(rendered(platform))
    assert [re.sub(r"-[0-9a-f]{8}\.", "-HASH.", name) for name in names] == [
        "cluster/namespace-shop.yaml",
        "shop/configmap-settings-HASH.yaml",
        "shop/deployment-api.yaml",
        "shop/secret-credentials-HASH.yaml",
    ]


def test_the_same_program_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        render(record(platform, stack="dev"), tmp_path / folder)
    assert files_below(tmp_path / "first") == files_below(tmp_path / "second")


def test_a_file_holds_the_object_as_it_would_be_applied() -> None:
    recording = record(platform, stack="dev")
    (api,) = (text for name, text in texts(recording).items() if "deployment" in name)
    assert yaml.safe_load(api) == recording.named("api", "Deployment").manifest


def test_keys_stand_in_order_and_long_texts_as_they_are() -> None:
    text = document(
        {
            "kind": "ConfigMap",
            "data": {"b": "one\ntwo\n", "a": "x" * 200},
            "metadata": {"labels": {"z": "1"}, "name": "n"},
            "apiVersion": "v1",
            "items": [{"value": [], "name": "é"}],
        }
    )
    assert text == (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: n\n  labels:\n    z: '1'\n"
        f"data:\n  a: {'x' * 200}\n  b: |\n    one\n    two\n"
        "items:\n  - name: é\n    value: []\n"
    )


@pytest.mark.parametrize(
    "text", ["1e5", "12345678", "1234e567", "0o17", "0x1f", "1_000", "+1", ".5", "on", "~", "null"]
)
def test_texts_that_a_parser_may_read_as_something_else_are_quoted(text: str) -> None:
    assert document({"value": text}) == f"value: '{text}'\n"


@pytest.mark.parametrize("text", ["100m", "512Mi", "1.2.3", "10.0.0.0/8", "v1", "a-1e5"])
def test_other_texts_stay_plain(text: str) -> None:
    assert document({"value": text}) == f"value: {text}\n"


def test_a_secret_is_written_without_its_values() -> None:
    (text,) = (text for name, text in rendered(platform).items() if "/secret-" in name)
    secret = yaml.safe_load(text)
    assert secret["metadata"]["annotations"] == {
        "autoserve/secret-keys": "main",
        "pulumi.com/autonamed": "true",
    }
    assert set(secret) == {"apiVersion", "kind", "metadata"}
    assert not any("made-up" in text for text in rendered(platform).values())


def test_a_secret_that_is_plain_in_the_program_is_not_written_either() -> None:
    def program() -> None:
        pulumi.CustomResource(
            "kubernetes:core/v1:Secret",
            "plain",
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "plain", "namespace": "shop"},
                "data": {"key": "cGxhaW4="},
            },
        )

    (text,) = rendered(program).values()
    assert "cGxhaW4" not in text
    assert "secret-keys: key" in text


def test_a_secret_outside_secrets_is_refused_by_its_path(tmp_path: Path) -> None:
    def program() -> None:
        deployment("api", {"TOKEN": pulumi.Output.secret("hidden")})

    with pytest.raises(RenderError) as refused:
        render(record(program, stack="dev"), tmp_path / "out")
    assert str(refused.value) == (
        "Deployment shop/api: spec.template.spec.containers[0].env[0].value is secret, "
        "which only a Secret may hold"
    )
    assert not (tmp_path / "out").exists()


def test_a_preview_is_refused() -> None:
    recording = record(platform, stack="dev", preview=True)
    with pytest.raises(RenderError, match="a preview cannot be rendered"):
        texts(recording)


def test_one_object_that_is_declared_by_two_resources_is_refused() -> None:
    def program() -> None:
        for name in ("first", "second"):
            kubernetes.core.v1.Namespace(name, metadata={"name": "shop"})

    with pytest.raises(RenderError, match=r"cluster/namespace-shop\.yaml: Namespace shop"):
        rendered(program)


def test_kinds_of_two_groups_are_told_apart() -> None:
    def program() -> None:
        for version in ("gateway.networking.k8s.io/v1", "networking.istio.io/v1"):
            kubernetes.apiextensions.CustomResource(
                version,
                api_version=version,
                kind="Gateway",
                metadata={"name": "public", "namespace": "edge"},
            )

    assert list(rendered(program)) == [
        "edge/gateway.gateway.networking.k8s.io-public.yaml",
        "edge/gateway.networking.istio.io-public.yaml",
    ]


def test_releases_are_referred_to() -> None:
    releases = [
        Release("keda", "v2.20.2", "https://releases.example/keda-2.20.2.yaml", "ab" * 32),
        Release("cert-manager", "v1.21.1", "https://releases.example/cert-manager.yaml"),
    ]
    text = rendered(platform, releases=releases)["releases/kustomization.yaml"]
    assert yaml.safe_load(text)["resources"] == [release.url for release in releases]
    assert f"# keda v2.20.2, sha256 {'ab' * 32}\n" in text
    assert "# cert-manager v1.21.1, checksum not known\n" in text


def test_a_rendering_replaces_the_last_one_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = partial(config_map, "old", {"a": "1"}, "gone")
    render(record(first, stack="dev"), out)
    (out / "README.md").write_text("mine")
    render(record(partial(config_map, "new", {"a": "1"}), stack="dev"), out)
    assert set(files_below(out)) == {"README.md", "rendering.json", "shop/configmap-new.yaml"}
    assert not (out / "gone").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RenderError, match="is not empty and no rendering of ours"):
        render(record(platform, stack="dev"), tmp_path)
    assert files_below(tmp_path) == {"thesis.txt": "mine"}


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    render(record(platform, stack="dev"), tmp_path)
    before = files_below(tmp_path)
    (tmp_path / "shop" / "configmap-more.yaml").write_text("mine")

    def program() -> None:
        platform()
        config_map("more", {})

    with pytest.raises(RenderError, match=r"configmap-more\.yaml is in the way"):
        render(record(program, stack="dev"), tmp_path)
    assert files_below(tmp_path) == before | {"shop/configmap-more.yaml": "mine"}


@pytest.mark.parametrize(
    "index",
    [
        pytest.param("no json", id="no-json"),
        pytest.param("[]", id="no-mapping"),
        pytest.param('{"files": 3}', id="no-list"),
        pytest.param('{"files": ["../victim"]}', id="elsewhere"),
    ],
)
def test_an_index_that_is_not_ours_is_refused(tmp_path: Path, index: str) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.write_text("precious")
    (out / "rendering.json").write_text(index)
    with pytest.raises(RenderError):
        render(record(platform, stack="dev"), out)
    assert victim.read_text() == "precious"


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(RenderError, match="out is no folder"):
        render(record(platform, stack="dev"), tmp_path / "out")
