"""Events: made, counted up, held back, and lost without harm."""

from datetime import UTC, datetime, timedelta

import pytest

from scaler.adapters.kubernetes.api import Api, Manifest
from scaler.adapters.kubernetes.events import Events
from tests.scaler.adapters.kubernetes.fake_api import EVENTS, FakeApi, hpa


class Scene:
    def __init__(self, fake: FakeApi, api: Api) -> None:
        self.fake, self.passed_s = fake, 0.0
        self.web = fake.put(hpa())
        self.events = Events(
            api,
            instance="scaler-0",
            monotonic=lambda: self.passed_s,
            now=lambda: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.passed_s),
        )
        self.events.regarding = lambda name: self.web if name == "web" else None

    def say(self, note: str = "why", *, after_s: float = 0.0) -> None:
        self.passed_s += after_s
        self.events.announce("web", "FloorRaised", note)
        self.events.send()

    def made(self) -> list[Manifest]:
        return self.fake.of(EVENTS)


@pytest.fixture
def scene(fake: FakeApi, api: Api) -> Scene:
    return Scene(fake, api)


def test_an_event_is_on_the_target(scene: Scene) -> None:
    scene.events.announce("web", "AtMaximum", "more is not allowed", is_warning=True)
    scene.events.send()
    (event,) = scene.made()
    regarding = event["regarding"]
    assert regarding["kind"] == "HorizontalPodAutoscaler"
    assert (regarding["name"], regarding["uid"]) == ("web", scene.web["metadata"]["uid"])
    assert (event["type"], event["reason"]) == ("Warning", "AtMaximum")
    assert event["note"] == "more is not allowed"
    assert event["eventTime"] == "2026-11-01T00:00:00.000000Z"
    assert event["reportingController"] == "autoserve.dev/scaler"


def test_of_what_is_not_in_the_cluster_nothing_is_said(scene: Scene) -> None:
    scene.events.announce("unknown", "FloorRaised", "why")
    scene.events.send()
    assert scene.made() == []


def test_what_is_said_again_is_counted_on_the_event(scene: Scene) -> None:
    for _ in range(3):
        scene.say(after_s=60)
    (event,) = scene.made()
    assert event["series"] == {
        "count": 3,
        "lastObservedTime": "2026-11-01T00:03:00.000000Z",
    }
    scene.say(after_s=601)
    assert len(scene.made()) == 2


def test_an_event_that_has_expired_is_made_anew(scene: Scene) -> None:
    scene.say()
    scene.fake.objects = {k: v for k, v in scene.fake.objects.items() if EVENTS not in k}
    scene.say()
    assert len(scene.made()) == 1


def test_of_one_object_no_more_is_said_than_kubernetes_own_recorder_would(scene: Scene) -> None:
    for number in range(40):
        scene.say(f"note {number}")
    assert len(scene.made()) == 25
    scene.say("later", after_s=301)
    assert len(scene.made()) == 26


def test_a_minimum_that_moves_often_leaves_room_for_a_warning(scene: Scene) -> None:
    for number in range(40):
        scene.say(f"note {number}")
    scene.events.announce("web", "NotScaled", "a mistake", is_warning=True)
    scene.events.send()
    assert [each["note"] for each in scene.made() if each["type"] == "Warning"] == ["a mistake"]


def test_what_the_server_does_not_take_is_lost_and_nothing_else(scene: Scene) -> None:
    scene.fake.fault = lambda _method, _path: (503, {})
    scene.say("one")
    scene.fake.fault = lambda _method, _path: None
    scene.say("two")
    assert [each["note"] for each in scene.made()] == ["two"]


def test_a_note_is_cut_to_what_the_server_takes(scene: Scene) -> None:
    scene.say("ä" * 2_000)
    (event,) = scene.made()
    assert len(event["note"].encode()) == 1_024


def test_a_thread_sends_what_waits_until_it_is_closed(scene: Scene) -> None:
    scene.events.start()
    scene.events.announce("web", "FloorRaised", "why")
    scene.events.close()
    assert len(scene.made()) == 1
