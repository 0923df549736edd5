"""One writer at a time, whatever the clocks say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
import structlog

from scaler.adapters.kubernetes.api import Api
from scaler.adapters.kubernetes.lease import Lease
from tests.scaler.adapters.kubernetes.fake_api import LEASES, FakeApi

DURATION_S = 15.0


@dataclass
class Time:
    """A monotonic clock, and wall clocks that may be anywhere."""

    passed_s: float = 1_000.0

    def monotonic(self) -> float:
        return self.passed_s

    def forward(self, seconds: float) -> None:
        self.passed_s += seconds


@pytest.fixture
def time() -> Time:
    return Time()


Make = Callable[..., Lease]


@pytest.fixture
def make(api: Api, time: Time) -> Make:
    def made(identity: str, *, off: timedelta = timedelta()) -> Lease:
        return Lease(
            api,
            name="scaler",
            identity=identity,
            duration_s=DURATION_S,
            monotonic=time.monotonic,
            now=lambda: datetime(2026, 11, 1, tzinfo=UTC) + off + timedelta(seconds=time.passed_s),
        )

    return made


def holder(fake: FakeApi) -> Any:
    return fake.get(LEASES, "scaler")["spec"]["holderIdentity"]


def test_the_first_one_makes_it_and_the_other_waits(fake: FakeApi, make: Make) -> None:
    one, other = make("one"), make("other")
    one.step()
    other.step()
    assert (one.holds(), other.holds()) == (True, False)
    assert (one.holder(), other.holder()) == (None, "one")
    spec = fake.get(LEASES, "scaler")["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("one", 15)
    assert spec["renewTime"] == "2026-11-01T00:16:40.000000Z"


def test_a_holder_that_renews_is_never_followed(fake: FakeApi, make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    for _ in range(100):
        one.step()
        other.step()
        assert (one.holds(), other.holds()) == (True, False)
        time.forward(2)
    assert fake.get(LEASES, "scaler")["spec"]["leaseTransitions"] == 0


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_is_wrong_takes_nothing_from_the_holder(
    make: Make, time: Time, hours: int
) -> None:
    one, other = make("one", off=timedelta(hours=hours)), make("other")
    for _ in range(20):
        one.step()
        other.step()
        assert not other.holds()
        time.forward(2)


def test_a_holder_stops_before_another_one_begins(make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    one.step()
    other.step()
    held = []
    for _ in range(20):  # nothing more of the first one
        time.forward(1)
        other.step()
        held.append((one.holds(), other.holds()))
    assert (True, True) not in held
    assert held.index((False, False)) == 9  # 10 s after it renewed
    assert held.index((False, True)) == 14  # 15 s after it was last seen


def test_one_that_comes_back_has_lost_it(fake: FakeApi, make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    one.step()
    other.step()
    time.forward(16)
    other.step()
    one.step()
    assert (one.holds(), other.holds()) == (False, True)
    assert holder(fake) == "other"
    assert fake.get(LEASES, "scaler")["spec"]["leaseTransitions"] == 1


def test_of_two_that_take_it_at_once_one_fails(fake: FakeApi, make: Make, time: Time) -> None:
    one, other, third = make("one"), make("other"), make("third")
    one.step()
    other.step()
    third.step()
    time.forward(16)

    def meanwhile(method: str, path: str) -> None:
        if method == "PUT":
            fake.fault = lambda _method, _path: None
            third.step()  # between the other's look and its write

    fake.fault = meanwhile
    other.step()
    assert (other.holds(), third.holds()) == (False, True)
    assert holder(fake) == "third"


def test_of_two_that_make_it_at_once_one_fails(fake: FakeApi, make: Make) -> None:
    one, other = make("one"), make("other")

    def meanwhile(method: str, path: str) -> None:
        if method == "POST":
            fake.fault = lambda _method, _path: None
            other.step()

    fake.fault = meanwhile
    one.step()
    assert (one.holds(), other.holds()) == (False, True)


def test_an_api_server_that_is_away_ends_the_right_in_time(
    fake: FakeApi, make: Make, time: Time
) -> None:
    one = make("one")
    one.step()
    fake.fault = lambda _method, _path: (503, {})
    time.forward(9)
    one.step()
    assert one.holds()
    time.forward(2)
    one.step()
    assert not one.holds()
    fake.fault = lambda _method, _path: None
    one.step()
    assert one.holds()  # nobody else has taken it


def test_a_lease_that_cannot_be_read_is_said_once_by_whoever_does_not_hold_it(
    fake: FakeApi, make: Make
) -> None:
    one = make("one")
    forbidden = (403, {"message": "forbidden"})
    fake.fault = lambda _method, _path: forbidden
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            one.step()
        assert one.problem is not None
        assert one.problem.startswith("the lease cannot be read or written: GET ")
        assert one.problem.endswith("HTTP 403 forbidden")
        fake.fault = lambda _method, _path: (503, {})
        one.step()
        fake.fault = lambda _method, _path: None
        one.step()
        assert one.holds()
        fake.fault = lambda _method, _path: forbidden
        one.step()
    assert [log["event"] for log in logs] == [
        "lease not read or written",
        "lease not read or written",
        "lease taken",
        "lease not read or written",
    ]


def test_the_right_counts_from_before_the_request(fake: FakeApi, make: Make, time: Time) -> None:
    one = make("one")
    one.step()

    def slow(method: str, path: str) -> None:
        if method == "PUT":
            time.forward(8)

    time.forward(1)
    fake.fault = slow
    one.step()
    time.forward(1.9)
    assert one.holds()
    time.forward(0.2)
    assert not one.holds()


def test_one_that_does_no_work_any_more_is_followed(fake: FakeApi, make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    one.step()
    other.step()
    one._is_healthy = lambda: False
    for _ in range(8):
        time.forward(2)
        one.step()
        other.step()
    assert holder(fake) == "other"
    assert not one.holds()


def test_a_lease_that_is_given_back_is_taken_at_once(fake: FakeApi, make: Make, time: Time) -> None:
    one, other = make("one"), make("other")
    one.step()
    other.step()
    one.close()
    assert not one.holds()
    assert holder(fake) == ""
    other.step()
    assert other.holds()
    one.close()  # not its own to give back
    assert holder(fake) == "other"


def test_a_thread_keeps_it_until_it_is_closed(api: Api, fake: FakeApi) -> None:
    lease = Lease(api, name="scaler", identity="one", duration_s=3)
    lease.start(is_healthy=lambda: True)
    deadline = monotonic() + 30
    while not lease.holds() or len(fake.writes()) < 3:
        assert monotonic() < deadline
        sleep(0.02)
    lease.close()
    assert holder(fake) == ""
