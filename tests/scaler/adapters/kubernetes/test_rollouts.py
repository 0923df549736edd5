"""A rollout is told from a change of the replica count, and from one that is stuck."""

from typing import Any

import pytest

from scaler.adapters.kubernetes.rollouts import rollout_of
from tests.scaler.adapters.kubernetes.fake_api import deployment


def of(status: dict[str, Any], **more: Any) -> str | None:
    manifest = deployment(replicas=4)
    manifest["status"] |= status
    return rollout_of("Deployment", manifest | more)


def progressing(reason: str, status: str = "True") -> dict[str, Any]:
    return {"conditions": [{"type": "Progressing", "status": status, "reason": reason}]}


UPDATED = progressing("ReplicaSetUpdated")


@pytest.mark.parametrize(
    ("status", "clause"),
    [
        pytest.param({}, None, id="complete"),
        pytest.param({"replicas": 5, "updatedReplicas": 1} | UPDATED, "1 of 5", id="mixed"),
        pytest.param(
            {"replicas": 5, "updatedReplicas": 1}, "1 of 5", id="mixed-before-the-condition"
        ),
        pytest.param({"readyReplicas": 1} | UPDATED, "1 of 4 new replicas", id="not-ready"),
        pytest.param({"replicas": 2, "updatedReplicas": 2}, None, id="scaled-out"),
        pytest.param({"replicas": 6, "updatedReplicas": 6}, None, id="scaled-in"),
        pytest.param(
            {"replicas": 5, "updatedReplicas": 1}
            | progressing("ProgressDeadlineExceeded", "False"),
            None,
            id="stuck",
        ),
        pytest.param({"observedGeneration": 0}, None, id="a-count-not-seen-yet"),
        pytest.param({"conditions": None}, None, id="without-conditions"),
    ],
)
def test_a_deployments_rollout(status: dict[str, Any], clause: str | None) -> None:
    found = of(status)
    assert found is None if clause is None else clause in (found or "")


@pytest.mark.parametrize(
    ("status", "partition", "is_rolling"),
    [
        ({"currentRevision": "a", "updateRevision": "a", "updatedReplicas": 3}, 0, False),
        ({"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}, 0, True),
        ({"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}, 2, False),
        ({"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 0}, 2, True),
    ],
)
def test_a_stateful_sets_rollout(
    status: dict[str, Any], partition: int, *, is_rolling: bool
) -> None:
    strategy = {"rollingUpdate": {"partition": partition}}
    manifest = {"spec": {"updateStrategy": strategy}, "status": {"replicas": 3, **status}}
    assert (rollout_of("StatefulSet", manifest) is not None) is is_rolling


@pytest.mark.parametrize(
    ("status", "is_rolling"),
    [
        ({"phase": "Progressing", "currentPodHash": "b", "stableRS": "a"}, True),
        ({"phase": "Paused", "currentPodHash": "b", "stableRS": "a"}, True),
        ({"phase": "Degraded", "currentPodHash": "b", "stableRS": "a"}, False),
        ({"phase": "Progressing", "currentPodHash": "a", "stableRS": "a"}, False),
        ({"phase": "Progressing", "currentPodHash": "a"}, False),
    ],
    ids=["canary", "paused", "aborted", "scaled", "first"],
)
def test_an_argo_rollout(status: dict[str, Any], *, is_rolling: bool) -> None:
    # There the observed generation is text.
    found = rollout_of("Rollout", {"status": {"observedGeneration": "7", **status}})
    assert (found is not None) is is_rolling


def test_what_is_of_another_kind_has_none() -> None:
    assert rollout_of("Anything", {"status": {"replicas": 5, "updatedReplicas": 1}}) is None
