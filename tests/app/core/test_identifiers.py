import time

from app.core.identifiers import new_id


def test_identifiers_are_version_7_and_sort_by_time() -> None:
    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.002)
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_identifiers_of_one_moment_differ() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
