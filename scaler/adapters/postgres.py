"""Keeps load, forecasts and decisions in PostgreSQL, so that a restart forgets nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import Ready
from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    create_engine,
    delete,
    event,
    exists,
    func,
    make_url,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.sql.functions import coalesce

from scaler.adapters import tables
from scaler.core.decision import Decision
from scaler.core.judgement import Judgement
from scaler.core.series import Series
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

__all__ = ["DEPENDENCY", "PostgresStore", "engine_for", "transaction"]

DEPENDENCY = "database"
STATEMENT_TIMEOUT_MS = 10_000
# Longer than a statement may take, so that a server that answers at all says so itself.
LONGEST_SILENCE_S = 15.0
WAKES_EVERY_S = 0.1
MOST_FORGOTTEN_AT_ONCE = 20
T = TypeVar("T")
OF_A_WORKLOAD = (
    tables.load,
    tables.decisions,
    tables.controls,
    tables.models,
    tables.pins,
    tables.states,
)
FACTOR_KEY = ("kind", "name")
# Columns of a load row that a later write may fill in.
VALUES = ("load", "replicas", "median", "upper", "lower", "reactive", "floor", "desired")


class _Connection(psycopg.Connection[Any]):
    """One that waits for a server that says nothing no longer than ``longest_silence_s``.

    The limit of a statement is the server's, and a server that is stopped or out of reach keeps
    none. Nor is TCP's enough: for a stopped server, and for a proxy, the kernel still acknowledges.
    """

    longest_silence_s = LONGEST_SILENCE_S

    def wait(
        self, gen: PQGen[T], interval: float = WAKES_EVERY_S, timeout: float | None = None
    ) -> T:
        return super().wait(self._heard(gen), interval, timeout)

    def _heard(self, gen: PQGen[T]) -> PQGen[T]:
        """What is waited for, as long as something comes now and then."""
        heard_at = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready != Ready.NONE:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > self.longest_silence_s:
                    self.close()
                    said = f"nothing was heard for {self.longest_silence_s:g} s"
                    raise psycopg.OperationalError(said)
                wanted = gen.send(ready)
        except StopIteration as end:
            value: T = end.value
            return value


def engine_for(
    url: str, *, connect_timeout_s: int = 3, longest_silence_s: float = LONGEST_SILENCE_S
) -> Engine:
    """An engine of few connections that fails soon."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=1,
        pool_timeout=connect_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": connect_timeout_s,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, ___: Any, given: dict[str, Any]) -> _Connection:
        made = _Connection.connect(**given)
        made.longest_silence_s = longest_silence_s
        return made

    return engine


class PostgresStore:
    """A ``HistoryStore``; safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def read(self, workload: str, *, step_ms: int, since: int, decisions: int) -> Stored:
        rows = tables.load
        kept = tables.decisions
        wanted = (
            select(rows)
            .where(rows.c.workload == workload, rows.c.step_ms == step_ms, rows.c.step >= since)
            .order_by(rows.c.step)
        )
        newest = (
            select(kept)
            .where(kept.c.workload == workload)
            .order_by(kept.c.at.desc(), kept.c.id.desc())
            .limit(decisions)
        )
        states = tables.states
        remembered = select(states.c.state).where(
            states.c.workload == workload, states.c.step_ms == step_ms
        )
        with self._connection() as connection:
            found = tuple(LoadRow(**row) for row in connection.execute(wanted).mappings())
            last = [_decision_row(dict(row)) for row in connection.execute(newest).mappings()]
            state = connection.execute(remembered).scalar_one_or_none()
        return Stored(rows=found, decisions=tuple(reversed(last)), state=state)

    def write(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
        with self._connection() as connection:
            if rows:
                _upsert(connection, rows)
            if decisions:
                connection.execute(insert(tables.decisions), [_stored(row) for row in decisions])

    def judged(self, row: DecisionRow) -> None:
        kept = tables.decisions
        statement = (
            update(kept)
            .where(kept.c.workload == row.decision.workload, kept.c.at == row.decision.at)
            .values(judgement=row.judgement.shown() if row.judgement else None)
        )
        with self._connection() as connection:
            connection.execute(statement)

    def states(self, *, step_ms: int) -> dict[str, dict[str, Any]]:
        kept = tables.states
        wanted = select(kept.c.workload, kept.c.state).where(kept.c.step_ms == step_ms)
        with self._connection() as connection:
            return {row.workload: row.state for row in connection.execute(wanted)}

    def keep_states(self, rows: Sequence[StateRow]) -> None:
        if not rows:
            return
        statement = insert(tables.states)
        statement = statement.on_conflict_do_update(
            index_elements=["workload", "step_ms"],
            set_={"state": tables.states.c.state.concat(statement.excluded.state)},
        )
        with self._connection() as connection:
            connection.execute(statement, [asdict(row) for row in rows])

    def replace(self, workload: str, series: Series) -> None:
        rows = tables.load
        filled = [
            {"workload": workload, "step_ms": series.step_ms, "step": step, "load": float(value)}
            for step, value in enumerate(series.values, start=series.first)
            if np.isfinite(value)
        ]
        with self._connection() as connection:
            connection.execute(
                delete(rows).where(
                    rows.c.workload == workload,
                    rows.c.step_ms == series.step_ms,
                    rows.c.step <= series.last,
                )
            )
            if filled:
                connection.execute(insert(rows), filled)

    def prune(self, workload: str, *, step_ms: int, before: int, decisions: int) -> None:
        rows, kept = tables.load, tables.decisions
        newest = (
            select(kept.c.id)
            .where(kept.c.workload == workload)
            .order_by(kept.c.at.desc(), kept.c.id.desc())
            .limit(decisions)
        )
        with self._connection() as connection:
            connection.execute(
                delete(rows).where(
                    rows.c.workload == workload, rows.c.step_ms == step_ms, rows.c.step < before
                )
            )
            connection.execute(
                delete(kept).where(kept.c.workload == workload, kept.c.id.not_in(newest))
            )

    def forget_gone(self, present: Sequence[str], *, step_ms: int, before: int) -> None:
        load, states = tables.load.c, tables.states.c
        at = datetime.fromtimestamp(before * step_ms / 1000, UTC)
        # By its state, which every workload that was scaled has: that is not to read all rows.
        newer = (
            exists().where(
                load.workload == states.workload,
                load.step_ms == states.step_ms,
                load.step >= at.timestamp() * 1000 / states.step_ms,
            ),
            *(
                exists().where(of.c.workload == states.workload, of.c.at >= at)
                for of in (tables.decisions, tables.controls)
            ),
        )
        gone = select(states.workload).where(states.workload.not_in(present), ~or_(*newer))
        with self._connection() as connection:
            names = connection.execute(gone.limit(MOST_FORGOTTEN_AT_ONCE)).scalars().all()
        for name in names:  # each by itself: to forget many would take longer than a statement may
            with self._connection() as connection:
                for table in OF_A_WORKLOAD:
                    connection.execute(delete(table).where(table.c.workload == name))

    def controls(self) -> Sequence[Control]:
        rows = tables.controls
        newest = (
            select(rows)
            .ext(distinct_on(rows.c.workload))
            .order_by(rows.c.workload, rows.c.at.desc(), rows.c.id.desc())
        )
        with self._connection() as connection:
            return [_control(row) for row in connection.execute(newest).mappings()]

    def changes(self, workload: str, *, limit: int) -> Sequence[Control]:
        rows = tables.controls
        newest = (
            select(rows)
            .where(rows.c.workload == workload)
            .order_by(rows.c.at.desc(), rows.c.id.desc())
            .limit(limit)
        )
        with self._connection() as connection:
            return [_control(row) for row in connection.execute(newest).mappings()]

    def keep(self, control: Control) -> None:
        with self._connection() as connection:
            connection.execute(insert(tables.controls), asdict(control))

    def checkpoints(self, kind: str) -> dict[str, dict[str, Any]]:
        kept = tables.checkpoints
        with self._connection() as connection:
            rows = connection.execute(select(kept.c.name, kept.c.state).where(kept.c.kind == kind))
            return {row.name: row.state for row in rows}

    def keep_checkpoints(self, kind: str, states: Mapping[str, dict[str, Any]]) -> None:
        if not states:
            return
        statement = insert(tables.checkpoints)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "name"],
            set_={"state": statement.excluded.state, "at": func.now()},
        )
        rows = [{"kind": kind, "name": name, "state": state} for name, state in states.items()]
        with self._connection() as connection:
            connection.execute(statement, rows)

    def forget_checkpoints(self, kind: str, names: Sequence[str]) -> None:
        kept = tables.checkpoints
        with self._connection() as connection:
            connection.execute(delete(kept).where(kept.c.kind == kind, kept.c.name.in_(names)))

    def registered(self) -> dict[tuple[str, str], datetime]:
        kept = tables.factors
        with self._connection() as connection:
            rows = connection.execute(select(kept.c.kind, kept.c.name, kept.c.at))
            return {(row.kind, row.name): row.at for row in rows}

    def registration(self, kind: str, name: str) -> Registered | None:
        kept = tables.factors
        wanted = select(kept).where(kept.c.kind == kind, kept.c.name == name)
        with self._connection() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        if row is None:
            return None
        return Registered(
            **{**row, "workloads": tuple(row["workloads"]), "entries": tuple(row["entries"])}
        )

    def register(self, registered: Registered) -> None:
        values = asdict(registered)
        statement = insert(tables.factors)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "name"],
            set_={name: statement.excluded[name] for name in values if name not in FACTOR_KEY},
        )
        with self._connection() as connection:
            connection.execute(statement, values)

    def unregister(self, kind: str, name: str) -> None:
        kept = tables.factors
        with self._connection() as connection:
            connection.execute(delete(kept).where(kept.c.kind == kind, kept.c.name == name))

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with transaction(self._engine, dependency=DEPENDENCY) as connection:
            yield connection


@contextmanager
def transaction(engine: Engine, *, dependency: str) -> Iterator[Connection]:
    """One transaction.

    Args:
        dependency: whose failure it is.
    Raises:
        Unusable: what was given cannot be kept, however often it is tried.
        Unavailable: anything else.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        detail = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if isinstance(error, DataError | IntegrityError):
            raise Unusable(dependency, "refused", detail) from error
        raise Unavailable(dependency, detail) from error


def _upsert(connection: Connection, rows: Sequence[LoadRow]) -> None:
    statement = insert(tables.load)
    columns = tables.load.c
    statement = statement.on_conflict_do_update(
        index_elements=["workload", "step_ms", "step"],
        set_={name: coalesce(statement.excluded[name], columns[name]) for name in VALUES},
    )
    connection.execute(statement, [asdict(row) for row in rows])


def _control(row: RowMapping) -> Control:
    return Control(**{name: value for name, value in row.items() if name != "id"})


def _stored(row: DecisionRow) -> dict[str, Any]:
    return {
        "at": row.decision.at,
        "workload": row.decision.workload,
        "mode": row.mode,
        "acted": row.acted,
        "decision": row.decision.stored(),
        "judgement": row.judgement.shown() if row.judgement else None,
    }


def _decision_row(row: dict[str, Any]) -> DecisionRow:
    decision = Decision.restored(at=row["at"], workload=row["workload"], kept=row["decision"])
    judgement = Judgement.restored(row["judgement"]) if row["judgement"] else None
    return DecisionRow(decision=decision, mode=row["mode"], acted=row["acted"], judgement=judgement)
