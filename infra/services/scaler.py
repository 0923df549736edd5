"""The predictive autoscaler."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from infra.calendar import CalendarSettings
from infra.local import contract as agent
from infra.services import container_usage, postgres
from infra.services.api import SCALER_TOKEN
from infra.services.description import Access, Dependency, Job, Port, Probe, Scaling, Service
from infra.settings import Settings
from scaler import contract

__all__ = [
    "DATABASE_PASSWORD",
    "DATABASE_URL",
    "LEAST_CPU_M",
    "LEAST_MEMORY_MIB",
    "NAME",
    "REAPER",
    "jobs",
    "scaler",
]

NAME = "scaler"
REAPER = "reaper"
REAPED_EVERY_MIN = 5  # what a dead scaler leaves lasts so much longer than its floor at most
HPAS = "horizontalpodautoscalers"
USAGE_S = 60.0  # between two looks at the usage of containers, as the VPA's recommender
LEAST_CPU_M, LEAST_MEMORY_MIB = 10, 16  # recommended at least
DATABASE_PASSWORD = "scaler-database-password"  # noqa: S105 - the name of a secret
DATABASE_URL = (
    f"postgresql://{contract.DATABASE_ROLE}:{{secret:{DATABASE_PASSWORD}}}"
    f"@{{address:{postgres.NAME}.{postgres.PORT}}}/autoserve"
)


def scaler(settings: Settings, scaled: Iterable[Service]) -> Service:
    """The scaler's description.

    Args:
        settings: durations are divided by `time_factor`, all alike, so that a demo sees the same
            day in less time.
        scaled: the services whose replicas it decides.
    """
    values, factor = settings.scaler, settings.time_factor
    workloads = tuple(scaled)
    replicas = 2 if settings.cluster else 1
    durations = {
        contract.TICK_S: values.tick_s,
        contract.STEP_S: values.step_s,
        contract.HORIZON_S: values.horizon_s,
        contract.STARTUP_S: values.startup_s,
        contract.STABILIZATION_S: values.stabilization_s,
        contract.FLOOR_TTL_S: values.floor_ttl_s,
        contract.MIN_HISTORY_S: values.min_history_s,
        contract.MAX_HISTORY_S: values.max_history_s,
        contract.REFIT_S: values.refit_s,
        contract.SEASON_S: values.season_s,
        contract.USAGE_S: USAGE_S,
    }
    return Service(
        name=NAME,
        title="Predictive autoscaler",
        command=("python", "-m", "scaler.main"),
        environment={
            contract.DATABASE_URL: DATABASE_URL,
            contract.PROMETHEUS_URL: "http://{address:prometheus.http}",
            contract.HTTP_HOST: "{listen}",
            contract.HTTP_PORT: "{port:http}",
            contract.METRICS_PORT: "{port:metrics}",
            contract.TOKEN: f"{{secret:{SCALER_TOKEN}}}",
            contract.MODE: values.mode,
            # Not of a demo's pace: what makes a scrape late does not run faster.
            contract.STALE_AFTER_S: f"{max(120.0, 4 * settings.data.scrape_interval_s):g}",
            # Pods have no disk in common, and what they keep is to outlive them.
            contract.MODELS: contract.IN_DATABASE if settings.cluster else "{dir:data}/models",
            contract.LOG_LEVEL: settings.log_level,
            contract.WORKLOADS: json.dumps([_workload(service, settings) for service in workloads]),
            # On one machine the stack names its agent.
            **({contract.SINK: "kubernetes"} if settings.cluster else {}),
            **({contract.VERTICAL: values.vertical} if settings.cluster else {}),
            **_usage(settings),
            **{name: f"{seconds / factor:g}" for name, seconds in durations.items()},
        },
        ports=(Port(name="http", number=8000), Port(name="metrics", number=9000)),
        probe=Probe(port="metrics", path=contract.READINESS_PATH),
        liveness=contract.LIVENESS_PATH,
        startup=contract.STARTUP_PATH,
        metrics="metrics",
        dependencies=(
            Dependency(service=postgres.NAME, port=postgres.PORT),
            Dependency(service="prometheus", port="http"),
        ),
        source=("scaler",),
        scaling=Scaling(minimum=replicas, maximum=replicas),
        image="scaler",
        resources=settings.resources.scaler,
        access=tuple(_access(settings, [service.name for service in workloads])),
        answers_unready=True,  # to be frozen or switched off in an incident
    )


def jobs(settings: Settings, scaled: Iterable[Service]) -> tuple[Job, ...]:
    """Where the scaler raises the minimum of an autoscaler, somebody must lower it once it died."""
    if settings.cluster is None or settings.cluster.scaling == "keda":
        return ()
    return (
        Job(
            name=REAPER,
            title="Puts back the minimums that a dead scaler left raised",
            command=("python", "-m", "scaler.reaper"),
            source=("scaler",),
            image="scaler",
            resources=settings.resources.jobs,
            schedule=f"*/{REAPED_EVERY_MIN} * * * *",
            access=_autoscalers([service.name for service in scaled]),
        ),
    )


def _usage(settings: Settings) -> dict[str, str]:
    """What tells the usage of containers: the agent on one machine, the kubelets in a cluster."""
    window = f"{round(4_000 * settings.data.scrape_interval_s / settings.time_factor)}ms"
    cluster = settings.cluster
    if cluster is None:
        queries = {
            contract.USAGE_CPU_QUERY: f"rate({agent.REPLICA_CPU_SECONDS_TOTAL}[{window}])",
            contract.USAGE_MEMORY_QUERY: agent.REPLICA_MEMORY_BYTES,
        }
    elif cluster.container_usage:
        queries = {
            contract.USAGE_CPU_QUERY: container_usage.cpu_query(cluster, window=window),
            contract.USAGE_MEMORY_QUERY: container_usage.memory_query(cluster),
            contract.USAGE_OOM_QUERY: container_usage.out_of_memory_query(cluster),
        }
    else:
        return {}
    allotments = [
        {"workload": name, "container": name, **resources.model_dump()}
        for name, resources in settings.resources
        if name != "jobs"
    ]
    return {
        **queries,
        contract.ALLOTMENTS: json.dumps(allotments),
        contract.LEAST_CPU_M: str(LEAST_CPU_M),
        contract.LEAST_MEMORY_MIB: str(LEAST_MEMORY_MIB),
    }


def _access(settings: Settings, workloads: Iterable[str]) -> Iterator[Access]:
    """To see what it scales, to tell of it, and to be the only one that does.

    Where KEDA takes the forecast as one more signal, it changes nothing of anybody else's; what
    pods ask for it may change only where that is switched on.
    """
    if settings.cluster is None:
        return
    yield Access(group="apps", resources=("deployments",), verbs=("list",))
    yield Access(group="", resources=("pods",), verbs=("list",))
    yield Access(group="events.k8s.io", resources=("events",), verbs=("create", "patch"))
    leases = ("leases",)
    yield Access(group="coordination.k8s.io", resources=leases, verbs=("create",))  # has no name
    yield Access(
        group="coordination.k8s.io",
        resources=leases,
        verbs=("get", "update"),
        names=(contract.LEASE,),
    )
    if settings.scaler.vertical == "resize":
        # Pods come and go: their names are not known before.
        yield Access(group="", resources=("pods/resize",), verbs=("patch",))
        yield Access(group="policy", resources=("poddisruptionbudgets",), verbs=("list",))
    if settings.cluster.scaling == "keda":
        yield Access(group="keda.sh", resources=("scaledobjects",), verbs=("list",))
        yield Access(group="autoscaling", resources=(HPAS,), verbs=("list",))
    else:
        yield from _autoscalers(workloads)


def _autoscalers(workloads: Iterable[str]) -> tuple[Access, ...]:
    """To find autoscalers, and to change those of our own."""
    return (
        Access(group="autoscaling", resources=(HPAS,), verbs=("list",)),
        Access(
            group="autoscaling", resources=(HPAS,), verbs=("get", "patch"), names=tuple(workloads)
        ),
    )


def _workload(service: Service, settings: Settings) -> dict[str, Any]:
    scaling, learnt = service.scaling, service.scaling.capacity_signals
    calendars = {str(name): given for name, given in settings.scaler.calendars.items()}
    modes = {str(name): mode for name, mode in settings.scaler.modes.items()}
    calendar = calendars.get(service.name, settings.scaler.calendar)
    if settings.time_factor != 1:  # the days of a demo's pace are those of no calendar
        calendar = CalendarSettings()
    fields: dict[str, Any] = {
        "name": service.name,
        "load_query": scaling.load_query,
        "load_unit": scaling.load_unit,
        "ready_query": scaling.ready_query,
        "capacity": scaling.capacity,
        "target": scaling.target,
        "minimum": scaling.minimum,
        "maximum": scaling.maximum,
        "quantile": scaling.quantile,
        "utilisation_query": learnt.utilisation_query,
        "utilisation_objective": learnt.utilisation_objective,
        "latency_query": learnt.latency_query,
        "latency_objective_s": learnt.latency_objective_s,
        "queue_wait_query": learnt.queue_wait_query,
        "queue_wait_objective_s": learnt.queue_wait_objective_s,
        "capacity_minimum": learnt.minimum,
        "capacity_maximum": learnt.maximum,
        "release_query": learnt.release_query,
        "timezone": calendar.timezone,
        "country": calendar.country,
        "mode": modes.get(service.name, settings.scaler.mode),
        "behaviour": scaling.limits.for_scaler(time_factor=settings.time_factor),
    }
    assert tuple(fields) == contract.WORKLOAD_FIELDS  # noqa: S101 - a change of the contract
    return fields
