"""How long pods took, by their own status."""

from typing import Any

from scaler.adapters.kubernetes.objects import selects
from scaler.adapters.kubernetes.pods import Pods, Starts

SELECTOR = {"matchLabels": {"app": "web"}}


def pod(uid: str, *, second: int = 0, ready_at: int | None = 30, **more: Any) -> dict[str, Any]:
    conditions = (
        []
        if ready_at is None
        else [
            {
                "type": "Ready",
                "status": more.get("ready", "True"),
                "lastTransitionTime": f"2026-11-01T00:{ready_at // 60:02}:{ready_at % 60:02}Z",
            }
        ]
    )
    return {
        "metadata": {
            "uid": uid,
            "labels": {"app": more.get("app", "web")},
            "creationTimestamp": f"2026-11-01T00:00:{second:02}Z",
        },
        "status": {
            "conditions": conditions,
            "containerStatuses": [{"restartCount": more.get("restarts", 0)}],
        },
    }


def seen(*pods: dict[str, Any]) -> list[float]:
    starts = Starts()
    starts.saw(Pods(pods).selected(SELECTOR))
    return list(starts.seconds)


def test_a_start_lasts_from_the_making_until_ready() -> None:
    assert seen(pod("b", second=5, ready_at=25), pod("a", ready_at=12)) == [12.0, 20.0]


def test_what_says_nothing_of_a_start_is_left_out() -> None:
    assert seen(pod("a", ready_at=None)) == []
    assert seen(pod("a", ready="False")) == []
    assert seen(pod("a", restarts=2)) == []
    assert seen(pod("a", app="other")) == []
    assert seen({"metadata": {"uid": "a", "labels": {"app": "web"}}}) == []


def test_a_pod_is_seen_once_even_if_it_becomes_ready_again() -> None:
    starts = Starts()
    starts.saw([pod("a", ready_at=12)])
    starts.saw([pod("a", ready_at=500)])
    assert list(starts.seconds) == [12.0]


def test_only_the_newest_are_kept() -> None:
    starts = Starts()
    for number in range(30):
        starts.saw([pod(f"{number}-{i}", ready_at=number) for i in range(10)])
    assert len(starts.seconds) == 200
    assert starts.seconds[0] == 10.0


def test_a_selector_selects_as_the_api_server_does() -> None:
    def expression(operator: str, *values: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": "app", "operator": operator, "values": list(values)}]}

    labels = {"app": "web", "tier": "front"}
    assert selects(SELECTOR, labels)
    assert not selects({"matchLabels": {"app": "web", "tier": "back"}}, labels)
    assert selects(expression("In", "web", "api"), labels)
    assert not selects(expression("NotIn", "web"), labels)
    assert selects(expression("Exists"), labels)
    assert not selects(expression("DoesNotExist"), labels)
    assert not selects(expression("Unknown"), labels)
    assert not selects({}, labels)
    assert not selects(None, labels)


def test_pods_are_found_by_any_selector() -> None:
    pods = [pod("a"), pod("b"), pod("c", app="other")]

    def selected(selector: Any) -> list[str]:
        return [each["metadata"]["uid"] for each in Pods(pods).selected(selector)]

    assert selected(SELECTOR) == ["a", "b"]
    assert selected({"matchLabels": {"app": "web", "tier": "front"}}) == []
    expression = {"key": "app", "operator": "NotIn", "values": ["web"]}
    assert selected({"matchExpressions": [expression]}) == ["c"]
    assert selected({}) == []
