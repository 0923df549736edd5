"""``python -m worker.relay``: hands the outbox to the broker, and sweeps up what was lost on the
way.

Two loops: the publisher (main thread) is woken by PostgreSQL's NOTIFY and looks at least every
AUTOSERVE_RELAY_INTERVAL_S; the sweeper looks every second. Without Redis or PostgreSQL both wait
with back-off, and the relay is not ready; nothing is lost, since it all stays in PostgreSQL.
Several relays may run.
"""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import psycopg
import structlog
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import logging
from app.core.database import sync_engine
from app.core.management import ManagementServer
from app.core.readiness import Readiness
from app.core.settings import SettingsError, load
from app.core.tracing import TRACEPARENT
from app.tasks.models import TaskState
from app.tasks.transitions import NOTIFY_CHANNEL
from worker import contract
from worker.broker import EXECUTE, connect, held_messages, make_app, message_id
from worker.checks import database_check, redis_check
from worker.metrics import RelayMetrics
from worker.news import News
from worker.outbox import BATCH, Publication, backlog, publish_due
from worker.settings import RelaySettings
from worker.sweeper import Swept, expire_leases, republish_lost
from worker.tracing import Traces

__all__ = ["Relay", "run"]

SERVICE = "relay"
REQUIRED = ("database", "redis", "publisher", "sweeper")
CONNECTIONS = 3  # publisher, sweeper, readiness
SWEEP_S = 1.0
# A look into the broker reads all its messages, and takes at most this share of the sweeper's time.
COMPARE_S = 3.0
COMPARE_SHARE = 0.05
LOOP_SILENT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
AWAY = (BrokerAway, RedisError, SQLAlchemyError, OSError)

log = structlog.get_logger(__name__)


class Broker:
    """Publishes over one connection, made when it is needed and again after a failure."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None

    def publish(self, publication: Publication) -> None:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        try:
            with self._app.amqp.Producer(self._connection) as producer:
                self._app.send_task(
                    EXECUTE,
                    args=[str(publication.task_id), publication.token],
                    task_id=message_id(publication.task_id, publication.token),
                    headers={TRACEPARENT: publication.traceparent},
                    queue=contract.QUEUE,
                    producer=producer,
                    retry=False,
                    ignore_result=True,
                )
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()  # type: ignore[no-untyped-call]


class Relay:
    """The two loops of one process."""

    def __init__(self, settings: RelaySettings, metrics: RelayMetrics) -> None:
        url = settings.database_url.get_secret_value()
        self.engine = sync_engine(url, pool_size=CONNECTIONS)
        self.redis = connect(settings.redis_url.get_secret_value())
        self._settings = settings
        self._metrics = metrics
        self._news = News(self.redis)
        self._broker = Broker(make_app(settings))
        self._traces = Traces.of(SERVICE, settings.otlp_endpoint)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._turned = dict.fromkeys(("publisher", "sweeper"), time.monotonic())
        self._compare_at = 0.0

    def loop_check(self, name: str) -> Callable[[], str | None]:
        def check() -> str | None:
            silent_s = time.monotonic() - self._turned[name]
            return f"it has not turned for {silent_s:.0f} s" if silent_s > LOOP_SILENT_S else None

        return check

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Until :meth:`stop` is called."""
        others = (
            threading.Thread(target=self._listen, name="listener", daemon=True),
            threading.Thread(
                target=self._loop, args=("sweeper", self._sweep), name="sweeper", daemon=True
            ),
        )
        for thread in others:
            thread.start()
        self._loop("publisher", self._publish)
        self._broker.close()
        others[1].join(LONGEST_PAUSE_S)
        self._traces.end()

    def _loop(self, name: str, step: Callable[[], None]) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._turned[name] = time.monotonic()
            try:
                step()
                failures = 0
            except AWAY as exc:
                failures += 1
                if failures == 1:
                    log.warning(f"{name}_waits", problem=str(exc)[:300])
                self._pause(failures)
            except Exception:
                failures += 1
                log.exception(f"{name}_failed")
                self._pause(failures)

    def _pause(self, failures: int) -> None:
        longest_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures, 10))
        self._stopping.wait(random.uniform(0.5, 1.0) * longest_s)  # noqa: S311 - jitter

    def _publish(self) -> None:
        self._wake.clear()
        if publish_due(self.engine, self._publish_one) < BATCH:
            self._wake.wait(self._settings.relay_interval_s)

    def _publish_one(self, publication: Publication) -> None:
        with self._traces.publishing(publication) as traceparent:
            self._broker.publish(replace(publication, traceparent=traceparent))
        self._metrics.published.inc()

    def _sweep(self) -> None:
        begun = time.monotonic()
        self._tell(expire_leases(self.engine, max_attempts=self._settings.max_attempts))
        found = backlog(self.engine)
        self._metrics.pending.set(found.entries)
        self._metrics.lag_seconds.set(found.lag_s)
        if begun >= self._compare_at:
            self._tell(republish_lost(self.engine, lambda: held_messages(self.redis)))
            took_s = time.monotonic() - begun
            self._compare_at = time.monotonic() + max(COMPARE_S, took_s / COMPARE_SHARE)
        self._stopping.wait(SWEEP_S)

    def _tell(self, swept: list[Swept]) -> None:
        for task in swept:
            if task.state is TaskState.QUEUED:
                self._metrics.republished.inc()
            self._news.tell(task.task_id, task.owner_id)
        if swept:
            self._wake.set()

    def _listen(self) -> None:
        """Wake the publisher as soon as a task is submitted; without it, it looks by itself."""
        url = self._settings.database_url.get_secret_value()
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    url, autocommit=True, connect_timeout=3, application_name="autoserve"
                ) as connection:
                    connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
                    while not self._stopping.is_set():
                        for _news in connection.notifies(timeout=1.0, stop_after=1):
                            self._wake.set()
            except psycopg.Error:
                self._stopping.wait(LONGEST_PAUSE_S)


def run(settings: RelaySettings) -> None:
    """Relay until SIGTERM or SIGINT."""
    metrics = RelayMetrics()
    readiness = Readiness(required=REQUIRED, gauge=metrics.dependency_up)
    relay = Relay(settings, metrics)

    def end() -> None:
        readiness.drain()
        relay.stop()

    def on_signal(*_signal: object) -> None:
        # The main thread may hold the very locks that ending needs.
        threading.Thread(target=end, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    server = ManagementServer(
        host=settings.host,
        port=settings.metrics_port,
        readiness=readiness,
        registry=metrics.registry,
        checks={
            "database": database_check(relay.engine),
            "redis": redis_check(relay.redis),
            "publisher": relay.loop_check("publisher"),
            "sweeper": relay.loop_check("sweeper"),
        },
    )
    with server:
        readiness.started()
        log.info("relay_started", metrics_port=server.port)
        relay.run()
    log.info("relay_ended")


def main() -> None:
    try:
        settings = load(RelaySettings)
    except SettingsError as exc:
        sys.exit("\n".join(exc.problems))
    logging.configure(service=SERVICE, level=settings.log_level)
    run(settings)


if __name__ == "__main__":
    main()
