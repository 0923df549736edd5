"""The task worker and the relay that feeds it."""

from app import contract as api_contract
from infra.services import postgres, redis
from infra.services.api import shared_environment
from infra.services.description import (
    CapacitySignals,
    Dependency,
    Port,
    Probe,
    Scaling,
    Service,
    Signal,
)
from infra.services.prometheus import release_query
from infra.settings import Settings
from worker import contract

__all__ = ["relay", "worker"]

STORES = (
    Dependency(service=postgres.NAME, port=postgres.PORT),
    Dependency(service=redis.NAME, port=redis.PORT),
)


def _task_environment(settings: Settings) -> dict[str, str]:
    values = settings.worker
    return {
        **shared_environment(settings),
        contract.TASK_TIME_LIMIT_S: str(values.task_time_limit_s),
        contract.MAX_ATTEMPTS: str(values.max_attempts),
        contract.BACKOFF_S: f"{values.backoff_s:g}",
        contract.LEASE_S: f"{values.lease_s:g}",
    }


def worker(settings: Settings) -> Service:
    values = settings.worker
    return Service(
        name="worker",
        title="Task worker",
        command=("python", "-m", "worker.main"),
        environment={
            **_task_environment(settings),
            contract.CONCURRENCY: str(values.concurrency),
            contract.SCRATCH_DIR: "{dir:scratch}",
        },
        ports=(Port(name="metrics", number=9000),),
        probe=Probe(port="metrics", path=api_contract.READINESS_PATH),
        liveness=api_contract.LIVENESS_PATH,
        startup=api_contract.STARTUP_PATH,
        metrics="metrics",
        dependencies=STORES,
        scaling=Scaling(
            minimum=values.min_replicas,
            maximum=values.max_replicas,
            # Every API replica reports the same figures: the greatest of each state, not the sum.
            load_query=(
                f'sum(max by (state) ({api_contract.TASKS_IN_STATE}{{state=~"queued|running"}}))'
            ),
            load_unit="slots",
            ready_query='count(up{service="worker"} == 1)',
            capacity=values.concurrency,
            target=values.target,
            quantile=settings.scaler.quantile,
            limits=values.scaling,
            signals=(
                Signal(
                    name="queue-wait",
                    query=f"max({api_contract.QUEUE_WAIT_SECONDS})",
                    threshold=values.queue_wait_s,
                ),
            ),
            cpu_percent=85,
            memory_percent=85,
            capacity_signals=CapacitySignals(
                utilisation_query=(
                    f"sum({contract.WORKER_SLOTS_BUSY}) / sum({contract.WORKER_SLOTS})"
                ),
                # A slot that is in use is used well; what waits is told by its age.
                utilisation_objective=1.0,
                queue_wait_query=f"max({api_contract.QUEUE_WAIT_SECONDS})",
                queue_wait_objective_s=values.queue_wait_s,
                # No replica runs more tasks at once than it has slots.
                maximum=values.concurrency,
                release_query=release_query("worker"),
            ),
        ),
        drain_s=45,
        source=("app", "worker"),
        image="worker",
        resources=settings.resources.worker,
    )


def relay(settings: Settings) -> Service:
    return Service(
        name="relay",
        title="Outbox relay and sweeper",
        command=("python", "-m", "worker.relay"),
        environment={**_task_environment(settings), contract.RELAY_INTERVAL_S: "1"},
        ports=(Port(name="metrics", number=9000),),
        probe=Probe(port="metrics", path=api_contract.READINESS_PATH),
        liveness=api_contract.LIVENESS_PATH,
        startup=api_contract.STARTUP_PATH,
        metrics="metrics",
        dependencies=STORES,
        source=("app", "worker"),
        image="worker",
        resources=settings.resources.relay,
    )
