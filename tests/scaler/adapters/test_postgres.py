import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from scaler.adapters.postgres import PostgresStore, engine_for
from scaler.core.decision import Decision
from scaler.core.judgement import Judgement, Verdict
from scaler.core.series import Series
from scaler.migrate import migrate
from scaler.records import (
    Control,
    DecisionRow,
    LoadRow,
    Registered,
    StateRow,
    Stored,
    Unavailable,
    Unusable,
)
from tests.scaler.fakes import START


@pytest.fixture
def store(scaler_database_url: str) -> Iterator[PostgresStore]:
    made = PostgresStore(engine_for(scaler_database_url))
    yield made
    made.close()


def row(step: int, **values: Any) -> LoadRow:
    return replace(LoadRow(workload="worker", step_ms=60_000, step=step), **values)


def decision(minute: int) -> DecisionRow:
    return DecisionRow(
        decision=Decision(
            at=START + timedelta(minutes=minute),
            workload="worker",
            from_replicas=1,
            to_replicas=2,
            reactive=1,
            floor=2,
            load=8.0,
            forecast=19.5,
            quantile=0.95,
            sentence=f"From 1 to 2 replicas at {minute}.",
        ),
        mode="enforce",
        acted=True,
    )


def loads(store: PostgresStore, *, step_ms: int = 60_000) -> dict[int, float | None]:
    stored = store.read("worker", step_ms=step_ms, since=0, decisions=10)
    return {r.step: r.load for r in stored.rows}


def test_what_is_written_is_read_again(store: PostgresStore) -> None:
    store.write([row(1, load=3.0, replicas=2), row(2)], [decision(0), decision(1)])
    stored = store.read("worker", step_ms=60_000, since=0, decisions=10)
    assert stored.rows == (row(1, load=3.0, replicas=2), row(2))
    assert stored.decisions == (decision(0), decision(1))
    assert stored.decisions[0].decision.reason == decision(0).decision.reason


def test_a_later_write_fills_in_and_does_not_erase(store: PostgresStore) -> None:
    store.write([row(7, median=5.0, upper=6.0)], [])
    store.write([row(7, load=5.5, replicas=1)], [])
    stored = store.read("worker", step_ms=60_000, since=0, decisions=1)
    assert stored.rows == (row(7, load=5.5, replicas=1, median=5.0, upper=6.0),)


def test_histories_of_different_steps_do_not_mix(store: PostgresStore) -> None:
    store.write([row(1, load=3.0), replace(row(1, load=9.0), step_ms=3_000)], [])
    assert loads(store) == {1: 3.0}
    assert loads(store, step_ms=3_000) == {1: 9.0}


def test_a_given_history_replaces_all_up_to_its_end(store: PostgresStore) -> None:
    store.write([row(step, load=1.0) for step in range(10)], [])
    given = Series(step_ms=60_000, first=3, values=np.array([4.0, np.nan, 5.0]))
    store.replace("worker", given)
    assert loads(store) == {3: 4.0, 5: 5.0, 6: 1.0, 7: 1.0, 8: 1.0, 9: 1.0}


def test_old_steps_and_decisions_are_forgotten(store: PostgresStore) -> None:
    store.write([row(step, load=1.0) for step in range(10)], [decision(m) for m in range(6)])
    store.prune("worker", step_ms=60_000, before=8, decisions=2)
    stored = store.read("worker", step_ms=60_000, since=0, decisions=10)
    assert [r.step for r in stored.rows] == [8, 9]
    assert [d.decision.at.minute for d in stored.decisions] == [4, 5]


def test_a_history_of_weeks_is_written_in_one_go(store: PostgresStore) -> None:
    given = Series(step_ms=60_000, first=0, values=np.arange(20_160.0))
    store.replace("worker", given)
    assert len(loads(store)) == 20_160


def test_migrating_again_changes_nothing(scaler_database_url: str, store: PostgresStore) -> None:
    store.write([row(1, load=3.0)], [])
    migrate(scaler_database_url)
    assert loads(store) == {1: 3.0}


def test_a_database_that_is_away_is_unavailable() -> None:
    store = PostgresStore(engine_for("postgresql://scaler@127.0.0.1:9/none", connect_timeout_s=1))
    with pytest.raises(Unavailable, match="refused"):
        store.write([row(1)], [])
    store.close()


def test_what_cannot_be_kept_is_refused_and_the_database_is_there(store: PostgresStore) -> None:
    for refused in (control(0, reason="deploy\0"), control(0, frozen_by=None)):
        with pytest.raises(Unusable):
            store.keep(refused)
    with pytest.raises(Unusable):
        store.keep_states([StateRow(workload="worker", step_ms=60_000, state={"why": "\0"})])
    store.keep(control(1))
    assert [kept.at for kept in store.controls()] == [control(1).at]


def test_a_checkpoint_is_read_as_it_was_kept_last(store: PostgresStore) -> None:
    states: dict[str, dict[str, Any]] = {
        "api/api": {"weights": {"1": 0.1 + 0.2, "2": 1e-300}},
        "web/web": {"n": [None, 1]},
    }
    store.keep_checkpoints("usage", states)
    store.keep_checkpoints("other", {"api/api": {"n": 1}})
    assert store.checkpoints("usage") == states
    store.keep_checkpoints("usage", {"web/web": {"n": 2}})
    store.forget_checkpoints("usage", ["api/api", "never"])
    assert store.checkpoints("usage") == {"web/web": {"n": 2}}
    assert store.checkpoints("other") == {"api/api": {"n": 1}}


def test_no_checkpoint_is_no_work(store: PostgresStore) -> None:
    store.keep_checkpoints("usage", {})
    assert store.checkpoints("usage") == {}


JUDGEMENT = Judgement(
    at=START,
    verdict=Verdict.TOO_FEW,
    replicas=2,
    best=3,
    needed=3,
    missing=0.05,
    superfluous=0.0,
    regret=0.95,
    floor_short=True,
    hints_at_capacity=False,
    sentence="Too few: 2 replicas, the load needed 3; 3 would have been best.",
)


def test_a_judgement_comes_to_the_decision_that_it_is_of(store: PostgresStore) -> None:
    store.write([], [decision(0), decision(1)])
    judged = replace(decision(0), judgement=JUDGEMENT)
    store.judged(judged)
    store.judged(replace(decision(7), judgement=JUDGEMENT))  # one that was not kept
    stored = store.read("worker", step_ms=60_000, since=0, decisions=10)
    assert stored.decisions == (judged, decision(1))


def test_a_state_keeps_the_parts_that_are_not_given_again(store: PostgresStore) -> None:
    def state(step_ms: int) -> dict[str, Any] | None:
        return store.read("worker", step_ms=step_ms, since=0, decisions=0).state

    assert state(60_000) is None
    first = {"memory": {"window": [[1.5, 3]]}, "capacity": {"value": 2.0}}
    store.keep_states([StateRow(workload="worker", step_ms=60_000, state=first)])
    again: dict[str, Any] = {"memory": {"window": []}}
    store.keep_states([StateRow(workload="worker", step_ms=60_000, state=again)])
    store.keep_states([])
    assert state(60_000) == {"memory": {"window": []}, "capacity": {"value": 2.0}}
    assert state(1_000) is None
    assert store.states(step_ms=60_000) == {"worker": state(60_000)}
    assert store.states(step_ms=1_000) == {}


def control(minute: int, workload: str = "worker", **values: Any) -> Control:
    made = Control(
        at=START + timedelta(minutes=minute),
        workload=workload,
        change="mode",
        actor="ann@example.com",
        reason="a test",
        mode="observe",
        configured="enforce",
    )
    return replace(made, **values)


def test_the_newest_change_of_each_workload_is_what_holds(store: PostgresStore) -> None:
    frozen: dict[str, Any] = {"frozen_until": START, "frozen_by": "bob", "frozen_because": "a sale"}
    older, newest, other = control(0), control(2, **frozen), control(1, "api")
    for one in (newest, older, other):
        store.keep(one)
    assert sorted(store.controls(), key=lambda one: one.workload) == [other, newest]
    assert store.changes("worker", limit=5) == [newest, older]
    assert store.changes("worker", limit=1) == [newest]
    assert store.changes("nobody", limit=5) == []


def test_a_workload_that_is_gone_for_long_is_forgotten_as_a_whole(store: PostgresStore) -> None:
    start = int(START.timestamp()) // 60
    for name, last in (("gone", start - 1), ("back", start + 1), ("worker", start - 1)):
        store.write([replace(row(last, load=1.0), workload=name)], [])
        store.keep_states([StateRow(workload=name, step_ms=60_000, state={})])
        store.keep(control(-1, name))
    for name in ("heard", "decided"):
        store.keep_states([StateRow(workload=name, step_ms=60_000, state={})])
    store.keep(control(0, "heard"))
    made = decision(0)
    store.write([], [replace(made, decision=replace(made.decision, workload="decided"))])
    store.forget_gone(["worker"], step_ms=60_000, before=start)
    assert set(store.states(step_ms=60_000)) == {"back", "worker", "heard", "decided"}
    assert {kept.workload for kept in store.controls()} == {"back", "worker", "heard"}
    assert loads(store) == {start - 1: 1.0}
    assert store.read("gone", step_ms=60_000, since=0, decisions=10) == Stored(
        rows=(), decisions=()
    )


def test_a_table_of_an_older_version_gets_the_columns_it_lacks(
    scaler_database_url: str, store: PostgresStore
) -> None:
    store.write([row(1, load=3.0)], [])
    engine = engine_for(scaler_database_url)
    with engine.begin() as connection:
        for name in ("lower", "reactive", "floor", "desired"):
            connection.execute(text(f"ALTER TABLE scaler.load DROP COLUMN {name}"))
    engine.dispose()
    migrate(scaler_database_url)
    store.write([row(1, reactive=2, floor=3, desired=3, lower=1.5)], [])
    stored = store.read("worker", step_ms=60_000, since=0, decisions=1)
    assert stored.rows == (row(1, load=3.0, reactive=2, floor=3, desired=3, lower=1.5),)


def factor(**changes: Any) -> Registered:
    made = Registered(
        kind="series",
        name="temperature",
        workloads=("worker",),
        at=START,
        actor="ann",
        revision="1",
        is_planned=False,
        entries=({"at": 60.0, "value": None, "known_at": 30.5}, {"at": 120.0, "value": -1.5}),
    )
    return replace(made, **changes)


def test_what_is_registered_is_read_as_it_was_kept_last(store: PostgresStore) -> None:
    assert store.registered() == {}
    store.register(factor())
    store.register(factor(name="plan", workloads=(), is_planned=True))
    later = factor(at=START + timedelta(minutes=1), actor="bob", entries=({"at": 1.0},))
    store.register(later)
    assert store.registered() == {
        ("series", "temperature"): later.at,
        ("series", "plan"): START,
    }
    found = store.registration("series", "temperature")
    assert found is not None
    assert vars(found) == vars(later)
    store.unregister("series", "temperature")
    store.unregister("series", "never")
    assert store.registration("series", "temperature") is None
    assert list(store.registered()) == [("series", "plan")]


def test_a_write_of_much_may_take_longer_than_a_silence(scaler_database_url: str) -> None:
    engine = engine_for(scaler_database_url, longest_silence_s=1.0)
    with engine.connect() as connection:
        began = time.monotonic()
        connection.execute(text("SELECT pg_sleep(:s)"), [{"s": 0.002}] * 1_000)
        assert time.monotonic() - began > 1.5
        with pytest.raises(OperationalError, match="nothing was heard for 1 s"):
            connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()


def test_a_database_that_falls_silent_is_away_within_seconds(scaler_database_url: str) -> None:
    with _proxy(scaler_database_url) as (url, silent):
        store = PostgresStore(engine_for(url, connect_timeout_s=2, longest_silence_s=0.5))
        store.keep(control(0))
        silent.set()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            store.controls()
        assert time.monotonic() - began < 5.0
        silent.clear()
        assert [kept.at for kept in store.controls()] == [control(0).at]
        store.close()


@contextmanager
def _proxy(url: str) -> Iterator[tuple[str, threading.Event]]:
    """The database behind a peer that goes on acknowledging when it is told to be silent."""
    target, silent, open_ = make_url(url), threading.Event(), [True]

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source, sink:
            while data := source.recv(65_536):
                while silent.is_set() and open_:
                    time.sleep(0.01)
                sink.sendall(data)

    def accept(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection((target.host or "", target.port or 5432))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        there = target.set(host="127.0.0.1", port=server.getsockname()[1])
        yield there.render_as_string(hide_password=False), silent
        open_.clear()
