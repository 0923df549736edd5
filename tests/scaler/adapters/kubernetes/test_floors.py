"""What is written to an autoscaler, in each state that it may be found in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler import contract
from scaler.adapters.kubernetes.floors import (
    ANNOTATIONS,
    Change,
    Mark,
    Minimum,
    UnreadableMarkError,
    What,
    minimum_of,
    planned,
)
from scaler.records import Hold
from tests.scaler.adapters.kubernetes.fake_api import hpa

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=600)
PLAIN = Minimum(now=2, maximum=10, mark=None, paused_until=None)
MARK = Mark(by="me", floor=6, original=2, expires=LATER)
RAISED = replace(PLAIN, now=6, mark=MARK)


def plan(minimum: Minimum, replicas: int | None, *, until: datetime = LATER) -> Change | None:
    hold = None if replicas is None else Hold(replicas=replicas, until=until)
    return planned(minimum, hold, by="me", now=NOW)


def test_a_floor_raises_the_minimum_and_says_how_to_go_back() -> None:
    change = plan(PLAIN, 6)
    assert change == Change(
        what=What.RAISED,
        before=2,
        minimum=6,
        annotations={
            contract.FLOOR_BY: "me",
            contract.FLOOR: "6",
            contract.FLOOR_ORIGINAL: "2",
            contract.FLOOR_EXPIRES: "2026-11-01T12:10:00Z",
        },
    )


@pytest.mark.parametrize(
    ("minimum", "replicas", "what", "result"),
    [
        pytest.param(PLAIN, None, None, 2, id="nothing-is-held"),
        pytest.param(PLAIN, 2, None, 2, id="no-more-than-the-minimum"),
        pytest.param(PLAIN, 25, What.RAISED, 10, id="at-most-the-maximum"),
        pytest.param(RAISED, 6, None, 6, id="held-already"),
        pytest.param(RAISED, 8, What.MOVED, 8, id="higher"),
        pytest.param(RAISED, 4, What.MOVED, 4, id="lower"),
        pytest.param(RAISED, 2, What.RESTORED, 2, id="down-to-the-minimum"),
        pytest.param(RAISED, 1, What.RESTORED, 2, id="never-below-the-minimum"),
        pytest.param(RAISED, None, What.RESTORED, 2, id="let-go"),
        pytest.param(replace(RAISED, maximum=1), None, What.RESTORED, 1, id="maximum-below-it"),
        pytest.param(replace(RAISED, now=4), 6, What.YIELDED, 4, id="edited-down"),
        pytest.param(replace(RAISED, now=8), 6, What.YIELDED, 8, id="edited-up"),
        pytest.param(replace(RAISED, now=8), None, What.YIELDED, 8, id="edited-and-let-go"),
        pytest.param(replace(PLAIN, paused_until=LATER), 6, None, 2, id="paused"),
        pytest.param(replace(PLAIN, paused_until=NOW), 6, What.RAISED, 6, id="pause-is-over"),
    ],
)
def test_the_minimum_goes_where_it_must(
    minimum: Minimum, replicas: int | None, what: What | None, result: int
) -> None:
    change = plan(minimum, replicas)
    assert (change.what if change else None) == what
    assert (change.minimum if change else minimum.now) == result


def test_a_hold_whose_time_is_over_restores() -> None:
    change = plan(RAISED, 6, until=NOW)
    assert change is not None
    assert change.what is What.RESTORED
    assert set(change.annotations.values()) == {None}


@pytest.mark.parametrize(
    ("expires_in_s", "is_renewed"), [(599, False), (401, False), (399, True), (-10, True)]
)
def test_a_floor_is_renewed_once_a_third_of_its_life_is_gone(
    expires_in_s: float, *, is_renewed: bool
) -> None:
    mark = replace(MARK, expires=NOW + timedelta(seconds=expires_in_s))
    change = plan(replace(RAISED, mark=mark), 6)
    assert (change is not None) is is_renewed
    if change is not None:
        assert change.what is What.RENEWED
        written = [each["path"] for each in change.patch(hpa()) if each["op"] != "test"]
        assert not any(path.startswith("/spec") for path in written)


def test_a_floor_of_another_scaler_is_taken_over() -> None:
    change = plan(replace(RAISED, mark=replace(MARK, by="the one before")), 6)
    assert change is not None
    assert change.annotations[contract.FLOOR_BY] == "me"
    assert change.annotations[contract.FLOOR_ORIGINAL] == "2"


def test_after_somebodys_edit_no_floor_is_raised_for_as_long_as_it_would_have_lasted() -> None:
    edited = plan(replace(RAISED, now=3), 6)
    assert edited is not None
    assert edited.annotations == {
        contract.FLOOR_BY: None,
        contract.FLOOR: None,
        contract.FLOOR_ORIGINAL: None,
        contract.FLOOR_EXPIRES: None,
        contract.FLOOR_PAUSED_UNTIL: "2026-11-01T12:10:00Z",
    }
    paused = Minimum(now=3, maximum=10, mark=None, paused_until=LATER)
    assert plan(paused, 6) is None
    after = planned(paused, Hold(replicas=6, until=LATER + timedelta(hours=1)), by="me", now=LATER)
    assert after is not None
    assert after.annotations[contract.FLOOR_ORIGINAL] == "3"  # theirs is the one to go back to
    assert after.annotations[contract.FLOOR_PAUSED_UNTIL] is None


def test_a_patch_holds_only_while_all_that_it_was_planned_from_is_as_it_was_read() -> None:
    read = hpa(minimum=2, maximum=10, annotations={"example.org/x": "1"})
    read["metadata"]["uid"] = "u-1"
    change = plan(minimum_of(read), 6)
    assert change is not None
    operations = change.patch(read)
    marks = {f"/metadata/annotations/{name.replace('/', '~1')}": None for name in ANNOTATIONS}
    assert {each["path"]: each["value"] for each in operations if each["op"] == "test"} == {
        "/metadata/uid": "u-1",
        "/spec/minReplicas": 2,
        "/spec/maxReplicas": 10,
        **marks,
    }
    changed = {each["path"]: each["value"] for each in operations if each["op"] == "add"}
    assert changed["/spec/minReplicas"] == 6
    assert changed.keys() - {"/spec/minReplicas"} < marks.keys()
    assert all(each["op"] == "test" for each in operations[: len(operations) - len(changed)])


def test_marks_are_removed_only_where_they_are() -> None:
    read = hpa(annotations={contract.FLOOR_PAUSED_UNTIL: "2026-11-01T11:00:00Z"})
    change = plan(minimum_of(read), 6)
    assert change is not None
    removed = [each["path"] for each in change.patch(read) if each["op"] == "remove"]
    assert removed == ["/metadata/annotations/autoserve.dev~1floor-paused-until"]


def test_an_autoscaler_without_annotations_gets_some() -> None:
    read = hpa()
    del read["metadata"]["annotations"]
    change = plan(minimum_of(read), 6)
    assert change is not None
    operations = change.patch(read)
    assert {"op": "test", "path": "/metadata/annotations", "value": None} in operations
    assert {"op": "add", "path": "/metadata/annotations", "value": {}} in operations


def test_what_was_written_is_read_again() -> None:
    change = plan(PLAIN, 6)
    assert change is not None
    annotations = {name: value for name, value in change.annotations.items() if value}
    again = minimum_of(hpa(minimum=6, annotations=annotations))
    assert again == RAISED
    assert plan(again, 6) is None


def test_an_autoscaler_without_a_minimum_has_one() -> None:
    assert minimum_of(hpa(minimum=None)).now == 1


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        (contract.FLOOR, "six", "a whole number"),
        (contract.FLOOR_ORIGINAL, "-2", "a whole number"),
        (contract.FLOOR_ORIGINAL, "", "a whole number"),
        (contract.FLOOR_EXPIRES, "soon", "a time"),
        (contract.FLOOR_EXPIRES, "2026-11-01T12:00:00", "a time"),
    ],
)
def test_a_mark_that_cannot_be_read_is_named(field: str, value: str, allowed: str) -> None:
    marks = {
        contract.FLOOR_BY: "me",
        contract.FLOOR: "6",
        contract.FLOOR_ORIGINAL: "2",
        contract.FLOOR_EXPIRES: "2026-11-01T12:10:00Z",
    }
    with pytest.raises(UnreadableMarkError) as caught:
        minimum_of(hpa(annotations=marks | {field: value}))
    assert str(caught.value) == (
        f'metadata.annotations["{field}"]: found {value!r}, allowed '
        + str(caught.value).partition("allowed ")[2]
    )
    assert allowed in str(caught.value)


@given(
    original=st.integers(0, 20),
    room=st.integers(0, 20),
    wishes=st.lists(st.none() | st.integers(0, 60), max_size=8),
)
def test_whatever_is_held_the_minimum_stays_in_its_bounds_and_comes_back(
    original: int, room: int, wishes: list[int | None]
) -> None:
    maximum = max(1, original + room)
    found = Minimum(now=original, maximum=maximum, mark=None, paused_until=None)
    for wish in [*wishes, None]:
        change = plan(found, wish)
        if change is not None:
            annotations = {name: value for name, value in change.annotations.items() if value}
            found = minimum_of(
                hpa(minimum=change.minimum, maximum=maximum, annotations=annotations)
            )
        assert original <= found.now <= max(maximum, original)
        assert found.now >= min(wish or 0, maximum)
    assert (found.now, found.mark) == (original, None)
