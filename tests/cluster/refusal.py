"""An API server that refuses what a test wants it to: the way to make a run fail in the middle."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.client import ApiError, Client, Manifest
from tests.cluster.waiting import wait_for

__all__ = ["REFUSED", "refusing"]

REFUSED = "the test refuses it"
NAME = "refusing"
GROUP = "admissionregistration.k8s.io/v1"
PROBE: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "to-be-refused", "namespace": "default"},
}


@contextmanager
def refusing(admin: Client, operation: str, resource: str, condition: str) -> Iterator[None]:
    """While this lasts, an operation is refused.

    Args:
        admin: a client that may do everything.
        operation: CREATE or UPDATE.
        resource: group and plural, such as ``apps/deployments``; ``/pods`` has no group.
        condition: on ``object``, in the Common Expression Language.
    """
    policy = _policy(operation, resource, condition)
    binding: Manifest = {
        "apiVersion": GROUP,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": NAME},
        "spec": {"policyName": NAME, "validationActions": ["Deny"]},
    }
    try:
        for each in (policy, binding):
            admin.apply(each)
        wait_for("the policy is heeded", lambda: _is_heeded(admin))
        yield
    finally:
        for each in (binding, policy):
            admin.delete(GROUP, each["kind"], NAME)
        wait_for("the policy is forgotten", lambda: not _is_heeded(admin))


def _policy(operation: str, resource: str, condition: str) -> Manifest:
    group, plural = resource.split("/")
    anything = {"apiVersions": ["*"], "scope": "*"}
    wanted = {"apiGroups": [group], "resources": [plural], "operations": [operation]}
    probe = {"apiGroups": [""], "resources": ["configmaps"], "operations": ["CREATE"]}
    is_probe = f"object.metadata.name == '{PROBE['metadata']['name']}'"
    meant = f"request.resource.resource == '{plural}' && ({condition})"
    return {
        "apiVersion": GROUP,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": NAME},
        "spec": {
            "matchConstraints": {"resourceRules": [wanted | anything, probe | anything]},
            "matchConditions": [{"name": "meant", "expression": f"{is_probe} || {meant}"}],
            "validations": [{"expression": "false", "message": REFUSED}],
        },
    }


def _is_heeded(admin: Client) -> bool:
    try:
        admin.apply(PROBE, dry_run=True)
    except ApiError as error:
        return REFUSED in error.message
    return False
