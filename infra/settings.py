"""Every setting of a stack, typed and validated, with its unit.

A stack's values stand in ``stacks/Pulumi.<stack>.yaml`` under ``autoserve:<camelCaseName>``; what
is not named there has the default given here. `Settings.load` refuses unknown keys, wrong types and
values out of range before any resource is declared: `SettingsError` lists each with its key, what
was found and what is allowed.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from infra.calendar import CalendarSettings
from infra.kubernetes.settings import ClusterSettings
from infra.scaling import ScalingSettings
from infra.section import Section

__all__ = ["MAX_REPLICAS", "ResourceSettings", "Resources", "Settings", "SettingsError"]

NAMESPACE = "autoserve"
MAX_REPLICAS = 16  # of one service on one machine: the ports of a local stack are cut by it

Replicas = Annotated[int, Field(ge=1, le=1_000)]
Role = Literal["viewer", "operator", "admin"]


class SettingsError(ValueError):
    """One or more settings cannot be used; ``problems`` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Scaled(Section):
    """Bounds of a service's replicas. Within them a scaler decides, at run time."""

    min_replicas: Replicas = 1
    max_replicas: Replicas = 4
    scaling: ScalingSettings = ScalingSettings()

    @model_validator(mode="after")
    def bounds_are_ordered(self) -> "Scaled":
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}"
            )
        problems = self.scaling.problems(minimum=self.min_replicas, maximum=self.max_replicas)
        if problems:
            raise ValueError("; ".join(problems))
        return self


class ApiSettings(Scaled):
    """The REST API."""

    min_replicas: Replicas = 2
    max_concurrent_requests: int = Field(
        64, ge=1, le=10_000, description="requests at once per replica; more wait briefly, then 503"
    )
    requests_per_replica: float = Field(
        150.0, gt=0, le=100_000, description="requests/s that one replica sustains"
    )
    target: float = Field(0.7, gt=0, le=1, description="share of that capacity to run at")
    response_time_s: float = Field(
        0.5, gt=0, le=60, description="p95 of the response time that more replicas must bring down"
    )
    max_upload_mib: int = Field(2048, ge=1, le=65_536, description="largest dataset, MiB")
    cors_origins: tuple[str, ...] = Field(
        (), description="web origins, as https://host, that may call the API from elsewhere"
    )
    access_ttl_s: int = Field(900, ge=60, le=86_400, description="life of an access token, s")
    refresh_ttl_s: int = Field(
        1_209_600, ge=3_600, le=31_536_000, description="life of a refresh token, s"
    )
    default_role: Role = Field("operator", description="role of whoever registers")
    database_pool: int = Field(5, ge=1, le=50, description="database connections per replica")


class WorkerSettings(Scaled):
    """The task worker."""

    max_replicas: Replicas = 8
    concurrency: int = Field(2, ge=1, le=32, description="slots (tasks at once) per replica")
    target: float = Field(0.8, gt=0, le=1, description="share of the slots to run at")
    queue_wait_s: float = Field(
        30.0, gt=0, le=86_400, description="age of the oldest waiting task to bring down, s"
    )
    task_time_limit_s: int = Field(1_800, ge=1, le=86_400, description="a task is ended after, s")
    max_attempts: int = Field(5, ge=1, le=20, description="runs of a task that keeps failing")
    backoff_s: float = Field(2.0, gt=0, le=3_600, description="wait before the first retry, s")
    lease_s: float = Field(
        30.0, ge=2, le=3_600, description="a running task silent for so long is published again, s"
    )


ScalerMode = Literal["off", "observe", "enforce"]


class ScalerSettings(Section):
    """The predictive autoscaler. Durations are seconds; `timeFactor` divides them."""

    mode: ScalerMode = Field(
        "enforce", description="off: idle; observe: decide and tell; enforce: act as well; at first"
    )
    modes: dict[Literal["api", "worker"], ScalerMode] = Field(
        {}, description="of workloads for which less is done at first"
    )
    vertical: Literal["recommend", "resize"] = Field(
        "recommend",
        description="resize: running pods get the CPU and memory that is recommended, in place, "
        "where the scaler enforces; in a cluster only",
    )
    calendar: CalendarSettings = CalendarSettings()
    calendars: dict[Literal["api", "worker"], CalendarSettings] = Field(
        {}, description="of workloads with a calendar of their own"
    )
    tick_s: float = Field(15.0, ge=1, le=600, description="between two decisions")
    step_s: float = Field(60.0, ge=1, le=3_600, description="one step of the load series")
    horizon_s: float = Field(300.0, ge=2, le=86_400, description="how far ahead to forecast")
    startup_s: float = Field(180.0, ge=0, le=3_600, description="from asking to ready")
    stabilization_s: float = Field(
        300.0, ge=0, le=3_600, description="scale in to the highest wish of this window"
    )
    floor_ttl_s: float = Field(600.0, ge=1, le=86_400, description="life of a forecast's floor")
    min_history_s: float = Field(21_600.0, ge=60, description="no fitted model from less load than")
    max_history_s: float = Field(1_814_400.0, ge=3_600, description="older load is forgotten")
    refit_s: float = Field(7_200.0, ge=60, le=604_800, description="between two fits")
    season_s: float = Field(604_800.0, ge=600, description="longest season that is modelled")
    quantile: float | None = Field(
        None,
        gt=0.5,
        lt=1,
        description="level of the forecast for the floor; by default what the costs make it",
    )

    @model_validator(mode="after")
    def durations_fit_together(self) -> "ScalerSettings":
        if self.horizon_s < self.step_s:
            raise ValueError(f"horizonS {self.horizon_s:g} is below stepS {self.step_s:g}")
        if self.horizon_s < self.startup_s:
            raise ValueError(f"horizonS {self.horizon_s:g} is below startupS {self.startup_s:g}")
        if self.max_history_s < self.min_history_s:
            raise ValueError(
                f"maxHistoryS {self.max_history_s:g} is below minHistoryS {self.min_history_s:g}"
            )
        return self


class DataSettings(Section):
    """PostgreSQL, Redis and Prometheus."""

    postgres_connections: int = Field(100, ge=20, le=1_000, description="max_connections")
    postgres_buffers_mib: int = Field(64, ge=16, le=65_536, description="shared_buffers, MiB")
    redis_memory_mib: int = Field(256, ge=16, le=65_536, description="maxmemory, MiB")
    scrape_interval_s: float = Field(15.0, ge=1, le=300, description="between two scrapes")
    retention_days: int = Field(15, ge=1, le=365, description="metrics are kept so long")


class Resources(Section):
    """What one replica asks for and may use at most."""

    cpu_request_m: int = Field(100, ge=1, le=256_000, description="CPU asked for, millicores")
    cpu_limit_m: int = Field(
        0, ge=0, le=256_000, description="CPU at most, millicores; 0: no limit"
    )
    memory_request_mib: int = Field(128, ge=4, le=1_048_576, description="memory asked for, MiB")
    memory_limit_mib: int = Field(256, ge=4, le=1_048_576, description="memory at most, MiB")

    @model_validator(mode="after")
    def requests_are_below_limits(self) -> "Resources":
        if self.cpu_limit_m and self.cpu_request_m > self.cpu_limit_m:
            raise ValueError(
                f"cpuRequestM {self.cpu_request_m} is above cpuLimitM {self.cpu_limit_m}"
            )
        if self.memory_request_mib > self.memory_limit_mib:
            raise ValueError(
                f"memoryRequestMib {self.memory_request_mib} is above "
                f"memoryLimitMib {self.memory_limit_mib}"
            )
        return self


def _resources(cpu_m: int, memory_mib: int, limit_mib: int, cpu_limit_m: int = 0) -> Resources:
    return Resources(
        cpu_request_m=cpu_m,
        cpu_limit_m=cpu_limit_m,
        memory_request_mib=memory_mib,
        memory_limit_mib=limit_mib,
    )


class ResourceSettings(Section):
    """Requests and limits of a replica in a cluster, by service.

    The stores have limits equal to their requests (QoS Guaranteed): they are the last that a node
    short of memory ends. The others may use idle CPU (Burstable).
    """

    api: Resources = _resources(200, 192, 512)
    worker: Resources = _resources(500, 512, 1_024)
    relay: Resources = _resources(50, 128, 256)
    scaler: Resources = _resources(100, 320, 768)
    web: Resources = _resources(20, 32, 64)
    postgres: Resources = _resources(500, 1_024, 1_024, 500)
    redis: Resources = _resources(200, 512, 512, 200)
    prometheus: Resources = _resources(200, 768, 1_536)
    jobs: Resources = _resources(100, 192, 512)


class Settings(Section):
    """All settings of a stack."""

    port_base: int = Field(
        8_600, ge=1_024, le=65_000, description="first port; the edge listens on it"
    )
    time_factor: float = Field(
        1.0, ge=1, le=20, description="demo profile: scaler and scrapes run so many times faster"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api: ApiSettings = ApiSettings()
    worker: WorkerSettings = WorkerSettings()
    scaler: ScalerSettings = ScalerSettings()
    data: DataSettings = DataSettings()
    resources: ResourceSettings = ResourceSettings()
    cluster: ClusterSettings | None = Field(
        None, description="the Kubernetes cluster; without it the stack is on this machine"
    )

    @model_validator(mode="after")
    def one_machine_has_few_ports(self) -> "Settings":
        for name, scaled in (("api", self.api), ("worker", self.worker)):
            if self.cluster is None and scaled.max_replicas > MAX_REPLICAS:
                raise ValueError(
                    f"{name}.maxReplicas: found {scaled.max_replicas}; "
                    f"allowed: at most {MAX_REPLICAS} on one machine"
                )
        return self

    @model_validator(mode="after")
    def one_writer_of_a_pods_resources(self) -> "Settings":
        if self.scaler.vertical != "resize":
            return self
        found = "scaler.vertical: found 'resize'"
        if self.cluster is None:
            raise ValueError(f"{found}; allowed: 'recommend' on one machine")
        if not self.cluster.container_usage:
            raise ValueError(f"{found}, which needs cluster.containerUsage; found false there")
        if self.cluster.vertical not in {"none", "Off"}:
            raise ValueError(
                f"{found} while cluster.vertical is {self.cluster.vertical!r}: both would change "
                "the same pods; allowed there: 'Off' or 'none'"
            )
        return self

    @classmethod
    def load(cls, config: Mapping[str, str]) -> "Settings":
        """The settings in a Pulumi configuration.

        Args:
            config: full keys (``autoserve:portBase``) and their values as the engine passes them:
                text, objects as JSON. Keys of other namespaces (``aws:region``) are left alone.
        Raises:
            SettingsError: a key is unknown or a value has the wrong type or range.
        """
        values = {
            key.removeprefix(f"{NAMESPACE}:"): _parsed(text)
            for key, text in config.items()
            if key.startswith(f"{NAMESPACE}:")
        }
        try:
            return cls.model_validate_json(json.dumps(values))
        except ValidationError as error:
            raise SettingsError([_problem(item) for item in error.errors()]) from error


def _parsed(text: str) -> Any:
    """Configuration arrives as text; numbers, booleans and objects are JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _problem(error: Any) -> str:
    """One line: key, what was found, what is allowed."""
    where = [part for part in error["loc"] if isinstance(part, str)]
    key = f"{NAMESPACE}:{'.'.join(where)}" if where else NAMESPACE
    if error["type"] == "extra_forbidden":
        names = ", ".join(sorted(_schema(where[:-1]).get("properties", {})))
        return f"{key}: unknown setting (found {_shown(error['input'])}); allowed: {names}"
    if error["type"] == "value_error":
        # What is about several groups names the setting itself.
        return f"{key}{': ' if where else ':'}{error['ctx']['error']}"
    schema = _schema(where)
    if error["type"] == "missing":
        return f"{key}: missing; needed: {_allowed(schema)}"
    found = "a value that is not shown" if schema.get("writeOnly") else _shown(error["input"])
    choices = error.get("ctx", {}).get("expected")  # of an item of a list, too
    return f"{key}: found {found}; allowed: {choices or _allowed(schema)}"


def _shown(value: Any) -> str:
    """A value in a message; of groups only the kind, since they may hold secrets."""
    if isinstance(value, dict):
        return "a group of settings"
    return "a list" if isinstance(value, list) else repr(value)


def _schema(path: list[str]) -> dict[str, Any]:
    """The JSON schema of the setting at a path of camelCase names."""
    whole = Settings.model_json_schema()
    node = whole
    for part in ["", *path]:
        if part:
            # The place in a list is no part of the path.
            node = node.get("items", node)
            node = whole["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
            node = node.get("properties", {}).get(part, {})
        words = {name: node[name] for name in ("description",) if name in node}
        # An optional setting is "this or null".
        node = next((one for one in node.get("anyOf", ()) if one.get("type") != "null"), node)
        if reference := node.get("$ref"):
            node = whole["$defs"][reference.rpartition("/")[2]]
        node = node | words
    return node


def _allowed(schema: dict[str, Any]) -> str:
    """What a schema permits, in words: ``integer from 1024 to 65000``."""
    if choices := schema.get("enum"):
        return " or ".join(repr(choice) for choice in choices)
    kind = schema.get("type", "text")
    words = {"array": "list", "object": "group of settings", "string": "text"}.get(kind, kind)
    for limit, phrase in (
        ("minimum", "from"),
        ("exclusiveMinimum", "above"),
        ("maximum", "to"),
        ("exclusiveMaximum", "below"),
        ("maxLength", "of at most"),
    ):
        if limit in schema:
            words += f" {phrase} {schema[limit]:g}"
    if "pattern" in schema:
        words += f" like {schema['pattern']}"
    if kind in {"array", "string"} and (description := schema.get("description")):
        words += f" ({description})"
    return str(words)
