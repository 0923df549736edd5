"""Rules judge what users bring: whatever stands in a manifest, they answer and never break down."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.policy.catalogue import RULES, findings
from infra.policy.inventory import Inventory
from infra.rendering.values import UNKNOWN, SecretValue
from tests.infra.policy.spoiling import good

Place = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    *(None, "", "x", 0, -1, 1.5, True, [], {}, [None], ["x"], [{}], {"x": "y"}, {"x": None}),
    *(UNKNOWN, [UNKNOWN], SecretValue("made-up")),
)


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """The path of everything within plain data."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


PLACES = list(places(good()))


def replaced(manifests: list[Any], place: Place, value: Any) -> None:
    here: Any = manifests
    for step in place[:-1]:
        here = here[step]
    here[place[-1]] = value


@given(place=st.sampled_from(PLACES), value=st.sampled_from(ODD))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_field_may_hold_anything(place: Place, value: Any) -> None:
    manifests = good()
    replaced(manifests, place, value)
    whole = [each for each in manifests if isinstance(each, dict)]
    for finding in findings(whole):
        assert str(finding)


def test_nothing_is_nothing_to_find() -> None:
    assert findings([]) == []
    assert findings([{}]) == []
    for rule in RULES.values():
        assert list(rule.check_all(Inventory(iter(())))) == []
