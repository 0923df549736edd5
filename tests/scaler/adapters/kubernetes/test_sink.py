"""The autoscalers of a namespace: read, held, let go, and left alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scaler import contract
from scaler.adapters.kubernetes.api import Api
from scaler.adapters.kubernetes.events import Events
from scaler.adapters.kubernetes.sink import Autoscalers
from scaler.records import Hold, Replicas, Unavailable
from tests.scaler.adapters.kubernetes.fake_api import (
    ANNOTATIONS,
    APPS,
    EVENTS,
    HPAS,
    FakeApi,
    deployment,
    hpa,
    scaled_object,
)
from tests.scaler.adapters.kubernetes.test_pods import pod
from tests.scaler.adapters.kubernetes.test_targets import declared
from tests.scaler.fakes import FakeWriter

SCALED_OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Scene:
    """Autoscalers and all that they stand on."""

    fake: FakeApi
    api: Api
    at: datetime = NOW
    writer: FakeWriter = field(default_factory=FakeWriter)

    def __post_init__(self) -> None:
        self.events = Events(self.api, instance="one")
        self.sink = Autoscalers(
            self.api,
            identity="one",
            writer=self.writer,
            events=self.events,
            declare=declared,
            monotonic=self.passed_s,
            now=lambda: self.at,
        )

    def passed_s(self) -> float:
        return (self.at - NOW).total_seconds()

    def hold(self, replicas: int | None, name: str = "web") -> bool:
        until = self.at + timedelta(seconds=600)
        return self.sink.hold(name, Hold(replicas=replicas, until=until) if replicas else None)

    def minimum(self, name: str = "web") -> Any:
        return self.fake.get(HPAS, name)["spec"]["minReplicas"]

    def marks(self, name: str = "web") -> set[str]:
        found = self.fake.get(HPAS, name)["metadata"]["annotations"]
        return {each for each in found if each.startswith("autoserve.dev/floor")}

    def said(self) -> list[tuple[str, str, str]]:
        self.events.send()
        found = self.fake.of(EVENTS)
        return [(each["regarding"]["name"], each["reason"], each["type"]) for each in found]


@pytest.fixture
def scene(fake: FakeApi, api: Api) -> Scene:
    fake.put(hpa())
    fake.put(deployment())
    return Scene(fake, api)


def test_replicas_are_those_of_the_workload_and_the_bounds_of_its_autoscaler(scene: Scene) -> None:
    (workload,) = scene.sink.found()
    assert workload.name == "web"
    assert scene.sink.scale("web") == Replicas(desired=3, ready=3, minimum=2, maximum=10)
    assert scene.sink.scale("unknown") is None
    assert scene.fake.writes() == []


def test_of_a_workload_that_cannot_be_read_the_autoscaler_knows(scene: Scene) -> None:
    del scene.fake.objects[f"{APPS}/deployments/web"]
    manifest = hpa() | {"status": {"currentReplicas": 4, "desiredReplicas": 5}}
    scene.fake.put(manifest)
    scene.sink.found()
    assert scene.sink.scale("web") == Replicas(desired=5, ready=4, minimum=2, maximum=10)


def test_a_floor_is_held_moved_and_let_go(scene: Scene) -> None:
    scene.sink.found()
    assert scene.hold(6)
    assert scene.minimum() == 6
    assert len(scene.marks()) == 4
    assert not scene.hold(6)
    scene.sink.found()
    assert not scene.hold(6)
    assert scene.hold(4)
    assert scene.minimum() == 4
    assert scene.hold(None)
    assert (scene.minimum(), scene.marks()) == (2, set())
    reasons = [reason for _, reason, _ in scene.said()]
    assert reasons == ["MinimumRaised", "MinimumMoved", "MinimumRestored"]
    assert scene.sink.scale("web") is not None


def test_who_does_not_hold_the_lease_writes_nothing(scene: Scene) -> None:
    scene.writer.is_writer = False
    scene.fake.put(hpa(annotations=ANNOTATIONS | {"autoserve.dev/mode": "maybe"}))
    scene.sink.found()
    scene.fake.put(hpa())
    scene.sink.found()
    assert not scene.hold(6)
    assert scene.said() == []
    assert scene.fake.writes() == []


def test_a_conflict_is_tried_again_on_what_the_other_has_made_of_it(scene: Scene) -> None:
    scene.sink.found()
    scene.fake.put(hpa(maximum=5))  # since it was read
    assert scene.hold(6)
    assert scene.minimum() == 5
    patches = [each for each in scene.fake.writes() if each[0] == "PATCH"]
    assert len(patches) == 2


def test_what_others_write_of_an_object_is_no_conflict(scene: Scene) -> None:
    scene.sink.found()

    def busy(method: str, _path: str) -> None:
        if method == "PATCH":
            there = scene.fake.get(HPAS, "web")
            there["metadata"]["annotations"]["example.org/number"] = str(len(scene.fake.asked))
            scene.fake.put(there | {"status": {"currentReplicas": len(scene.fake.asked)}})

    scene.fake.fault = busy
    assert scene.hold(6)
    assert scene.hold(4)
    assert scene.hold(None)
    assert (scene.minimum(), scene.marks()) == (2, set())
    assert "example.org/number" in scene.fake.get(HPAS, "web")["metadata"]["annotations"]
    assert len([each for each in scene.fake.writes() if each[0] == "PATCH"]) == 3


def test_one_that_was_made_anew_under_the_same_name_is_read_first(scene: Scene) -> None:
    scene.sink.found()
    scene.fake.put(hpa())  # another object: nothing that was read holds of it
    assert scene.hold(6)
    assert len([each for each in scene.fake.writes() if each[0] == "PATCH"]) == 2


def test_a_change_that_cannot_be_is_said_with_the_servers_own_words(scene: Scene) -> None:
    scene.sink.found()
    scene.fake.fault = lambda method, _path: (
        (422, {"message": "spec.minReplicas: too many"}) if method == "PATCH" else None
    )
    assert not scene.hold(6)
    assert len([each for each in scene.fake.writes() if each[0] == "PATCH"]) == 1
    scene.fake.fault = lambda _method, _path: None
    assert scene.said() == [("web", "FloorNotSet", "Warning")]
    (event,) = scene.fake.of(EVENTS)
    assert "too many" in event["note"]


def test_a_conflict_in_which_the_lease_was_lost_ends_there(scene: Scene) -> None:
    scene.sink.found()
    scene.fake.put(hpa())

    def lost(method: str, _path: str) -> None:
        if method == "PATCH":
            scene.writer.is_writer = False

    scene.fake.fault = lost
    assert not scene.hold(6)
    assert scene.minimum() == 2


def test_an_object_that_changes_all_the_time_is_left_for_the_next_tick(scene: Scene) -> None:
    scene.sink.found()

    def busy(method: str, _path: str) -> None:
        if method == "PATCH":
            scene.fake.put(hpa())  # another one each time

    scene.fake.fault = busy
    assert not scene.hold(6)
    assert scene.minimum() == 2
    assert scene.said() == [("web", "FloorNotSet", "Warning")]
    scene.fake.fault = lambda _method, _path: None
    scene.sink.found()
    assert scene.hold(6)


def test_a_target_that_is_deleted_meanwhile_is_said_and_gone(scene: Scene) -> None:
    scene.sink.found()
    del scene.fake.objects[f"{HPAS}/web"]
    assert not scene.hold(6)
    assert scene.sink.found() == ()
    assert scene.sink.scale("web") is None
    assert not scene.hold(6)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_api_server_that_fails_is_unavailable(scene: Scene, status: int) -> None:
    scene.sink.found()
    scene.fake.fault = lambda _method, _path: (status, {"message": "no"})
    with pytest.raises(Unavailable, match=str(status)):
        scene.hold(6)
    with pytest.raises(Unavailable, match=str(status)):
        scene.sink.found()


def test_a_right_that_is_missing_is_said_on_the_target(scene: Scene) -> None:
    scene.sink.found()
    scene.fake.fault = lambda method, _path: (403, {}) if method == "PATCH" else None
    assert not scene.hold(6)
    scene.fake.fault = lambda _method, _path: None
    assert scene.said() == [("web", "FloorNotSet", "Warning")]


def test_what_somebody_sets_stays_and_the_floor_waits(scene: Scene) -> None:
    scene.sink.found()
    scene.hold(6)
    edited = scene.fake.get(HPAS, "web")
    edited["spec"]["minReplicas"] = 3
    scene.fake.put(edited)
    scene.sink.found()
    assert scene.hold(6)
    assert scene.minimum() == 3
    assert scene.marks() == {contract.FLOOR_PAUSED_UNTIL}
    assert ("web", "MinimumSetByOthers", "Normal") in scene.said()
    scene.at += timedelta(seconds=590)
    scene.sink.found()
    assert not scene.hold(6)
    scene.at += timedelta(seconds=20)
    scene.sink.found()
    assert scene.hold(6)
    assert scene.hold(None)
    assert scene.minimum() == 3


def test_marks_that_cannot_be_read_are_left_alone(scene: Scene) -> None:
    scene.fake.put(hpa(annotations=ANNOTATIONS | {contract.FLOOR_BY: "x", contract.FLOOR: "many"}))
    scene.sink.found()
    assert not scene.hold(6)
    assert scene.minimum() == 2
    assert scene.said() == [("web", "FloorNotSet", "Warning")]


def raised_by_one_before(**more: Any) -> dict[str, Any]:
    marks = {
        contract.FLOOR_BY: "the one before",
        contract.FLOOR: "6",
        contract.FLOOR_ORIGINAL: "2",
        contract.FLOOR_EXPIRES: "2026-11-01T12:10:00Z",
    }
    return hpa(minimum=6, annotations=marks | more.pop("annotations", {}), **more)


def test_what_was_raised_is_put_back_once_the_label_is_gone(scene: Scene) -> None:
    scene.fake.put(raised_by_one_before(labels={}))
    assert scene.sink.found() == ()
    assert (scene.minimum(), scene.marks()) == (2, set())


def test_a_target_that_became_unusable_keeps_its_floor_until_it_expires(scene: Scene) -> None:
    scene.fake.put(raised_by_one_before(annotations=ANNOTATIONS | {"autoserve.dev/mode": "maybe"}))
    scene.sink.found()
    assert scene.minimum() == 6
    assert scene.sink.problems[0].startswith("HorizontalPodAutoscaler shop/web: metadata.annot")
    assert scene.said() == [("web", "NotScaled", "Warning")]
    scene.at += timedelta(seconds=601)
    scene.sink.found()
    assert scene.minimum() == 2


def test_a_floor_of_the_scaler_before_is_found_and_taken_over(scene: Scene) -> None:
    scene.fake.put(raised_by_one_before(annotations=ANNOTATIONS))
    scene.sink.found()
    scale = scene.sink.scale("web")
    assert scale is not None
    assert scale.minimum == 2
    assert scene.hold(6)
    assert scene.hold(None)
    assert scene.minimum() == 2


def test_nothing_is_written_where_keda_scales(scene: Scene) -> None:
    made = hpa("keda-hpa-web", scales="web")
    made["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "name": "web"}]
    del scene.fake.objects[f"{HPAS}/web"]
    scene.fake.put(made)
    scene.fake.put(scaled_object())
    scene.sink.found()
    assert scene.sink.scale("web") == Replicas(desired=3, ready=3, minimum=1, maximum=100)
    assert not scene.hold(6)
    assert not scene.sink.apply("web", 6)
    assert scene.fake.writes() == []


def test_a_kind_that_the_cluster_does_not_have_is_asked_for_again_later(scene: Scene) -> None:
    scene.fake.kinds -= {each for each in scene.fake.kinds if "keda" in each}

    def asked() -> int:
        return sum("scaledobjects" in path for _, path in scene.fake.asked)

    for _ in range(3):
        scene.sink.found()
    assert asked() == 1
    scene.at += timedelta(seconds=601)
    scene.sink.found()
    assert asked() == 2


def test_a_kind_that_was_never_ours_to_read_is_as_one_that_is_not_there(scene: Scene) -> None:
    scene.fake.fault = lambda _method, path: (403, {}) if path.endswith("/scaledobjects") else None
    assert [workload.name for workload in scene.sink.found()] == ["web"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (HPAS, 403),
        (HPAS, 404),
        (f"{APPS}/deployments", 403),
        (f"{APPS}/deployments", 404),
        (SCALED_OBJECTS, 403),
    ],
)
def test_a_right_that_is_gone_for_a_moment_hides_no_target(
    scene: Scene, kind: str, status: int
) -> None:
    assert len(scene.sink.found()) == 1
    scene.fake.fault = lambda _method, path: (status, {"message": "no"}) if path == kind else None
    with pytest.raises(Unavailable, match=f"{kind}: HTTP {status} no") as raised:
        scene.sink.found()
    assert type(raised.value) is Unavailable, "only of that is it said that it is away"
    assert scene.sink.scale("web") is not None
    scene.fake.fault = lambda _method, _path: None
    assert len(scene.sink.found()) == 1


def test_pods_that_may_not_be_read_are_said(scene: Scene) -> None:
    scene.fake.fault = lambda _method, path: (403, {}) if path.endswith("/pods") else None
    with pytest.raises(Unavailable, match="pods: HTTP 403"):
        scene.sink.found()


def test_a_rollout_counts_for_an_hour_at_most(scene: Scene) -> None:
    rolling = deployment()
    rolling["status"] |= {"replicas": 4, "updatedReplicas": 1}
    scene.fake.put(rolling)

    def rollout() -> str | None:
        scene.sink.found()
        found = scene.sink.scale("web")
        assert found is not None
        return found.rollout

    assert rollout() == "a rollout is in progress, 1 of 4 replicas are new"
    scene.at += timedelta(seconds=3_601)
    assert rollout() is None
    scene.fake.put(deployment())
    assert rollout() is None
    scene.fake.put(rolling)
    assert rollout() is not None


def test_the_time_to_ready_is_learnt_from_its_pods_which_are_read_once_a_minute(
    scene: Scene,
) -> None:
    def pods() -> int:
        return sum(path.endswith("/pods") for _, path in scene.fake.asked)

    for number in range(6):
        manifest = pod(f"p{number}", ready_at=20 + number)
        manifest["metadata"]["name"] = f"p{number}"
        scene.fake.put(manifest | {"apiVersion": "v1", "kind": "Pod"})
    for _ in range(3):
        scene.sink.found()
    found = scene.sink.scale("web")
    assert found is not None
    assert found.time_to_ready_s == 25.0
    assert pods() == 1
    scene.at += timedelta(seconds=61)
    scene.sink.found()
    assert pods() == 2


def test_a_hold_is_not_written_anew_at_each_tick(scene: Scene) -> None:
    writes: list[int] = []
    step: Callable[[], None] = lambda: writes.append(len(scene.fake.writes()))  # noqa: E731 - short
    for _ in range(40):  # ten minutes
        scene.sink.found()
        scene.hold(6)
        step()
        scene.at += timedelta(seconds=15)
    assert writes[0] == 1
    assert writes[-1] == 3  # renewed every 200 s
