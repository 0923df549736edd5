"""What counts as a change, and what as a replacement."""

import copy
from typing import Any

import pytest

from tests.kubernetes_provider.difference import changes, deletes_first, inputs_of
from tests.kubernetes_provider.manifest import AUTONAMED, Manifest


def deployment() -> Manifest:
    container = {"name": "web", "image": "web:1", "resources": {"limits": {"cpu": "500m"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [container], "hostNetwork": False}},
        },
    }


def live_of(inputs: Manifest) -> Manifest:
    """As an API server gives it back: defaults filled in, what is empty left out."""
    live = copy.deepcopy(inputs)
    live["metadata"] |= {"uid": "1", "annotations": {"deployment.kubernetes.io/revision": "1"}}
    live["spec"] |= {"replicas": 1, "strategy": {"type": "RollingUpdate"}}
    live["spec"]["template"]["spec"].pop("hostNetwork", None)
    live["spec"]["template"]["spec"]["containers"][0]["terminationMessagePath"] = "/dev/log"
    live["status"] = {"replicas": 1}
    return live


def put(manifest: Manifest, path: str, value: Any) -> Manifest:
    changed = copy.deepcopy(manifest)
    *above, last = path.split(".")
    found: Any = changed
    for key in above:
        found = found[int(key)] if key.isdigit() else found.setdefault(key, {})
    if value is None:
        del found[last]
    else:
        found[last] = value
    return changed


def diff(old: Manifest, new: Manifest, *ignored: str) -> list[tuple[str, str, bool]]:
    found = changes(live=live_of(old), old_inputs=old, new_inputs=new, ignored=ignored)
    return [(change.path, change.verb, change.replaces) for change in found]


def test_what_the_cluster_fills_in_is_no_change() -> None:
    assert diff(deployment(), deployment()) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param(
            "spec.template.spec.containers.0.image",
            "web:2",
            ("spec.template.spec.containers[0].image", "update", False),
            id="another-image",
        ),
        pytest.param("spec.replicas", 0, ("spec.replicas", "add", False), id="an-empty-value"),
        pytest.param(
            "spec.template.spec.containers.0.resources",
            None,
            ("spec.template.spec.containers[0].resources", "delete", False),
            id="taken-away",
        ),
        pytest.param(
            "spec.selector.matchLabels.app",
            "shop",
            ("spec.selector.matchLabels.app", "update", True),
            id="the-selector",
        ),
        pytest.param("metadata.name", "shop", ("metadata.name", "update", True), id="the-name"),
    ],
)
def test_a_change_is_named_by_its_path(path: str, value: Any, expected: Any) -> None:
    assert diff(deployment(), put(deployment(), path, value)) == [expected]


def test_quantities_are_compared_by_their_amount_and_other_text_letter_by_letter() -> None:
    limit = "spec.template.spec.containers.0.resources.limits.cpu"
    old = deployment()
    assert diff(old, put(old, limit, "0.5")) == []
    assert len(diff(old, put(old, limit, "501m"))) == 1
    assert len(diff(put(old, limit, "1Gi"), put(old, limit, "1G"))) == 1
    assert diff(put(old, limit, "1Gi"), put(old, limit, "1024Mi")) == []
    image = "spec.template.spec.containers.0.image"
    assert len(diff(put(old, image, "1000m"), put(old, image, "1"))) == 1


def test_a_change_by_hand_shows_once_it_was_read() -> None:
    old = deployment()
    live = put(live_of(old), "spec.template.spec.containers.0.image", "web:9")
    seen = inputs_of(live, old)
    assert seen["spec"]["template"]["spec"]["containers"][0]["image"] == "web:9"
    (found,) = changes(live=live, old_inputs=seen, new_inputs=old)
    assert (found.path, found.verb) == ("spec.template.spec.containers[0].image", "update")


def test_ignored_fields_do_not_count_nor_does_what_is_below_them() -> None:
    old, image = deployment(), "spec.template.spec.containers.0.image"
    assert diff(old, put(old, "spec.replicas", 5), "spec.replicas") == []
    assert diff(old, put(old, image, "web:2"), "spec.template") == []
    assert diff(old, put(old, image, "web:2"), "spec.temp") != []


def test_the_text_of_a_secret_is_compared_with_its_encoded_data() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    old, live = {**secret, "stringData": {"p": "one"}}, {**secret, "data": {"p": "b25l"}}
    assert changes(live=live, old_inputs=old, new_inputs=old) == []
    new = {**secret, "stringData": {"p": "two"}}
    (found,) = changes(live=live, old_inputs=old, new_inputs=new)
    assert (found.path, found.replaces) == ("data.p", True)


@pytest.mark.parametrize(
    ("api_version", "kind", "path", "replaces"),
    [
        ("batch/v1", "Job", "spec.template.x", True),
        ("batch/v1", "Job", "spec.backoffLimit", False),
        ("apps/v1", "StatefulSet", "spec.volumeClaimTemplates", True),
        ("apps/v1", "StatefulSet", "spec.template.x", False),
        ("v1", "ConfigMap", "data.x", True),
        ("v1", "Service", "spec.clusterIP", True),
        ("v1", "Service", "spec.ports", False),
        ("storage.k8s.io/v1", "StorageClass", "provisioner", True),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef.name", True),
        ("example.com/v1", "Service", "spec.clusterIP", False),
    ],
)
def test_immutable_fields_are_replaced(
    api_version: str, kind: str, path: str, replaces: bool
) -> None:
    old = put({"apiVersion": api_version, "kind": kind, "metadata": {}, "spec": {}}, path, "a")
    (found,) = changes(live=old, old_inputs=old, new_inputs=put(old, path, "b"))
    assert found.replaces is replaces


def test_only_a_name_that_stays_makes_the_old_object_go_first() -> None:
    old = deployment()
    assert deletes_first(live=old, new_inputs=old)
    assert not deletes_first(live=old, new_inputs=put(old, "metadata.name", "other"))
    assert not deletes_first(live=old, new_inputs=put(old, "metadata.namespace", "other"))
    generated = put(old, "metadata.annotations", {AUTONAMED: "true"})
    assert not deletes_first(live=old, new_inputs=generated)
