"""Recording a program: what it declared is kept as it was, and nothing else stays."""

import asyncio
import gc
import json
import pickle
import threading
import weakref
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random
import pulumi_tls
import pytest
import yaml

from infra.rendering.monitor import CallError, DuplicateResourceError
from infra.rendering.recording import Recording, record
from infra.rendering.values import UNKNOWN, SecretValue, leaves, path_text, revealed
from tests.infra.rendering.programs import deployment, platform

DEPLOYMENT = "autoserve:kubernetes:Workload$kubernetes:apps/v1:Deployment::api"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(platform, stack="dev")


def config_map(data: dict[str, Any]) -> None:
    kubernetes.core.v1.ConfigMap("settings", metadata={"namespace": "shop"}, data=data)


def secret(data: dict[str, Any]) -> None:
    kubernetes.core.v1.Secret("secret", metadata={"namespace": "shop"}, string_data=data)


def name_of(program: Any, *, preview: bool = False) -> Any:
    (manifest,) = record(program, stack="dev", preview=preview).manifests
    return manifest["metadata"]["name"]


def test_resources_are_known_by_types_and_name_but_not_by_stack(recording: Recording) -> None:
    assert DEPLOYMENT in recording.resources
    assert set(recording.resources) == set(record(platform, stack="prod").resources)


def test_inputs_arrive_as_the_provider_gets_them(recording: Recording) -> None:
    container = recording.resources[DEPLOYMENT].inputs["spec"]["template"]["spec"]["containers"][0]
    assert container["ports"] == [{"containerPort": 80}]
    assert type(container["ports"][0]["containerPort"]) is int


def test_one_secret_does_not_make_its_neighbours_secret() -> None:
    def program() -> None:
        deployment("api", {"PLAIN": "seen", "TOKEN": pulumi.Output.secret("hidden")})

    api = record(program, stack="dev").resources[DEPLOYMENT]
    assert api.secrets == {"spec.template.spec.containers[0].env[1].value"}
    variables = api.inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    assert variables == [
        {"name": "PLAIN", "value": "seen"},
        {"name": "TOKEN", "value": SecretValue("hidden")},
    ]


def test_a_secret_still_names_its_keys(recording: Recording) -> None:
    credentials = recording.named("credentials")
    assert list(credentials.inputs["stringData"]) == ["main"]
    assert credentials.secrets == {"stringData"}
    assert revealed(credentials.inputs)["stringData"]["main"].startswith("user:made-up-")


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(json.dumps, id="json"),
        pytest.param(yaml.safe_dump, id="yaml"),
        pytest.param(yaml.dump, id="yaml-of-objects"),
        pytest.param(pickle.dumps, id="pickle"),
    ],
)
@pytest.mark.parametrize("marker", [SecretValue("hidden"), UNKNOWN])
def test_no_serialiser_writes_a_marker(write: Any, marker: Any) -> None:
    with pytest.raises((TypeError, yaml.YAMLError)):
        write({"value": marker})
    assert "hidden" not in f"{marker} {marker!r}"


def test_options_are_kept() -> None:
    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="made up")
        first = kubernetes.core.v1.Namespace(
            "first", opts=pulumi.ResourceOptions(provider=provider, protect=True)
        )
        kubernetes.core.v1.Namespace(
            "second",
            opts=pulumi.ResourceOptions(
                depends_on=[first],
                aliases=[pulumi.Alias(name="old")],
                delete_before_replace=True,
                retain_on_delete=True,
                ignore_changes=["metadata.labels"],
                replace_on_changes=["spec"],
            ),
        )

    seen = record(program, stack="dev")
    first, second = seen.named("first").options, seen.named("second").options
    assert (first.protect, first.provider) == (True, "pulumi:providers:kubernetes::cluster")
    assert (first.delete_before_replace, first.retain_on_delete) == (None, False)
    assert second.depends_on == ("kubernetes:core/v1:Namespace::first",)
    assert "name=old" in second.aliases
    assert (second.provider, second.protect) == ("", False)
    assert (second.delete_before_replace, second.retain_on_delete) == (True, True)
    assert second.ignore_changes == ("metadata.labels",)
    assert second.replace_on_changes == ("spec",)


def test_parents_and_dependencies_are_named_by_key(recording: Recording) -> None:
    api = recording.resources[DEPLOYMENT]
    assert api.parent == "autoserve:kubernetes:Workload::api"
    assert api.options.depends_on == (
        "kubernetes:core/v1:ConfigMap::settings",
        "kubernetes:core/v1:Secret::credentials",
    )
    assert api.options.ignore_changes == ("spec.replicas",)


def test_a_name_that_the_provider_makes_follows_the_content() -> None:
    first = name_of(lambda: config_map({"a": "1"}))
    assert first == name_of(lambda: config_map({"a": "1"}))
    assert first.startswith("settings-")
    assert first != name_of(lambda: config_map({"a": "2"}))


def test_the_name_of_a_secret_follows_its_keys_alone() -> None:
    first = name_of(lambda: secret({"a": "1"}))
    assert first == name_of(lambda: secret({"a": "2"}))
    assert first != name_of(lambda: secret({"b": "1"}))


def test_a_name_that_the_program_gives_stays() -> None:
    assert name_of(lambda: kubernetes.core.v1.Namespace("a", metadata={"name": "b"})) == "b"


def test_who_uses_a_made_name_gets_it(recording: Recording) -> None:
    made = {each["kind"]: each["metadata"]["name"] for each in recording.manifests}
    container = recording.resources[DEPLOYMENT].inputs["spec"]["template"]["spec"]["containers"][0]
    assert [each["value"] for each in container["env"]] == [made["ConfigMap"], made["Secret"]]
    assert recording.exports == {"settings": made["ConfigMap"]}


def test_a_preview_knows_nothing_that_is_yet_to_be_made() -> None:
    seen = record(platform, stack="dev", preview=True)
    container = seen.resources[DEPLOYMENT].inputs["spec"]["template"]["spec"]["containers"][0]
    assert [each["value"] for each in container["env"]] == [UNKNOWN, UNKNOWN]
    assert seen.exports == {"settings": UNKNOWN}
    assert seen.named("api", "Deployment").inputs["metadata"]["name"] == "api"


def test_only_objects_of_the_api_are_manifests(recording: Recording) -> None:
    def program() -> None:
        kubernetes.yaml.v2.ConfigGroup("release", yaml="kind: List")
        kubernetes.core.v1.NamespacePatch("patch", metadata={"name": "shop"})
        kubernetes.apiextensions.CustomResource(
            "scaled", api_version="keda.sh/v1alpha1", kind="ScaledObject", metadata={"name": "api"}
        )

    assert [each["kind"] for each in record(program, stack="dev").manifests] == ["ScaledObject"]
    kinds = [each["kind"] for each in recording.manifests]
    assert kinds == ["Namespace", "ConfigMap", "Deployment", "Secret"]


def test_generated_values_are_secret() -> None:
    def program() -> None:
        password = pulumi_random.RandomPassword("password", length=12)
        key = pulumi_tls.PrivateKey("key", algorithm="ED25519")
        config_map({"key": key.private_key_pem, "password": password.result})

    seen = record(program, stack="dev").named("settings")
    assert seen.secrets == {"data.key", "data.password"}
    assert len(seen.inputs["data"]["password"].reveal()) == 12


class OwnError(Exception):
    pass


def fails(*_: object) -> str:
    raise OwnError("of the program")


def namespace(name: str, value: Any) -> kubernetes.core.v1.Namespace:
    return kubernetes.core.v1.Namespace(name, metadata={"name": value})


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    "program",
    [
        pytest.param(fails, id="at-once"),
        pytest.param(lambda: (namespace("a", "a"), fails()), id="after-a-resource"),
        pytest.param(lambda: (namespace("a", pulumi.Output.from_input(1).apply(fails)),), id="in"),
        pytest.param(lambda: namespace("a", "a").urn.apply(fails), id="in-an-unused-output"),
        pytest.param(
            lambda: pulumi.export("out", namespace("a", "a").urn.apply(fails)), id="in-an-export"
        ),
        pytest.param(
            lambda: (namespace("a", pulumi.Output.from_input(1).apply(fails)), fails()), id="twice"
        ),
    ],
)
def test_a_failing_program_fails(program: Any, preview: bool) -> None:
    with pytest.raises(OwnError, match="of the program"):
        record(program, stack="dev", preview=preview)


def test_a_resource_that_is_declared_twice_is_refused() -> None:
    with pytest.raises(DuplicateResourceError, match=r"Namespace::a is declared twice"):
        record(lambda: [namespace("a", "a"), namespace("a", "b")], stack="dev")


def test_a_program_that_asks_a_provider_is_refused() -> None:
    with pytest.raises(CallError, match="calls aws:getRegion"):
        record(lambda: pulumi.runtime.invoke("aws:getRegion", {}), stack="dev")
    with pytest.raises(CallError, match=r"reads kubernetes:core/v1:Namespace 'a'"):
        record(lambda: kubernetes.core.v1.Namespace.get("a", "a"), stack="dev")


def test_runs_leave_nothing_behind(recwarn: pytest.WarningsRecorder) -> None:
    def program() -> None:
        platform()
        held.append(weakref.ref(asyncio.get_running_loop()))

    held: list[weakref.ref[Any]] = []
    threads = threading.active_count()
    first, second = (record(program, stack="dev") for _ in range(2))
    assert first == second
    gc.collect()
    assert [loop() for loop in held] == [None, None]
    assert threading.active_count() == threads
    assert not list(recwarn)
    assert pulumi.runtime.settings.get_root_resource() is None
    assert pulumi.runtime.settings.get_monitor() is None


def test_paths_read_like_the_fields_of_a_manifest() -> None:
    value = {"spec": {"containers": [{"image": "a"}], "labels": {"a.b/c": "d"}, "empty": {}}}
    assert {path_text(path): leaf for path, leaf in leaves(value)} == {
        "spec.containers[0].image": "a",
        'spec.labels["a.b/c"]': "d",
        "spec.empty": {},
    }
