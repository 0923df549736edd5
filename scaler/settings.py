"""What the scaler is told by its environment, typed and validated; names are in the contract.

A setting that breaks its rule ends the start with the variable, what was found and what is allowed.
Values of secrets are never part of that message.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from scaler import contract
from scaler.behaviour import BehaviourSettings
from scaler.calendars import UTC_ZONE, CalendarError, must_be_country, zone_of
from scaler.core.capacity import CapacityRules, Objective
from scaler.core.decision import Policy
from scaler.core.errors import PolicyError, ScalerError
from scaler.core.policy import must_fit
from scaler.core.resources import MEBI, Allotment, ResourceRules
from scaler.records import Container, SignalQueries, UnusableWorkloadError, UsageQueries, Workload

__all__ = ["Settings", "SettingsError", "WorkloadSettings", "database_url", "read"]

MAX_STEPS = 50_000
# Where no bounds are given a learnt capacity is at most so many times more or less than configured.
CAPACITY_SPAN = 3.0


class SettingsError(ScalerError):
    """One or more environment variables cannot be used."""


Mode = Literal["off", "observe", "enforce"]


class WorkloadSettings(BaseModel):
    """One entry of SCALER_WORKLOADS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    load_query: str = Field(min_length=1)
    load_unit: str = "units"
    ready_query: str = Field(min_length=1)
    capacity: float = Field(gt=0, allow_inf_nan=False)
    target: float = Field(0.8, gt=0, le=1)
    minimum: int = Field(1, ge=0)
    maximum: int = Field(ge=1)
    quantile: float | None = Field(None, gt=0.5, lt=1)
    utilisation_query: str = ""
    utilisation_objective: float = Field(0.9, gt=0, le=1)
    latency_query: str = ""
    latency_objective_s: float = Field(0.0, ge=0, allow_inf_nan=False)
    queue_wait_query: str = ""
    queue_wait_objective_s: float = Field(0.0, ge=0, allow_inf_nan=False)
    capacity_minimum: float = Field(0.0, ge=0, allow_inf_nan=False)
    capacity_maximum: float = Field(0.0, ge=0, allow_inf_nan=False)
    release_query: str = ""
    timezone: str = UTC_ZONE
    country: str = ""
    mode: Mode = "enforce"
    behaviour: BehaviourSettings = BehaviourSettings()

    @field_validator("timezone")
    @classmethod
    def is_a_zone(cls, name: str) -> str:
        try:
            zone_of(name)
        except CalendarError as error:
            raise ValueError(f"allowed: {error.allowed}") from None
        return name

    @field_validator("country")
    @classmethod
    def is_a_country(cls, code: str) -> str:
        try:
            if code:
                must_be_country(code)
        except CalendarError as error:
            raise ValueError(f"allowed: {error.allowed}") from None
        return code

    @model_validator(mode="after")
    def bounds_fit(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        try:
            must_fit(self.behaviour.overrides(), minimum=self.minimum, maximum=self.maximum)
        except PolicyError as error:
            raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def capacity_can_be_learnt(self) -> Self:
        for name, query, objective in (
            ("latency", self.latency_query, self.latency_objective_s),
            ("queue_wait", self.queue_wait_query, self.queue_wait_objective_s),
        ):
            if bool(query) != bool(objective):
                raise ValueError(f"{name}_query and {name}_objective_s go together")
        low, high = self.capacity_bounds
        if not low <= self.capacity <= high:
            raise ValueError(
                f"capacity {self.capacity:g} is outside of capacity_minimum {low:g} "
                f"to capacity_maximum {high:g}"
            )
        return self

    @property
    def level(self) -> float:
        """Of the forecast that becomes the floor: as given, else what the costs make it."""
        return self.behaviour.level if self.quantile is None else self.quantile

    @property
    def capacity_bounds(self) -> tuple[float, float]:
        low = self.capacity_minimum or self.capacity / CAPACITY_SPAN
        return low, self.capacity_maximum or self.capacity * CAPACITY_SPAN


class AllotmentSettings(BaseModel):
    """One entry of SCALER_ALLOTMENTS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workload: str = Field(min_length=1)
    container: str = Field(min_length=1)
    cpu_request_m: int = Field(0, ge=0)
    cpu_limit_m: int = Field(0, ge=0)
    memory_request_mib: int = Field(0, ge=0)
    memory_limit_mib: int = Field(0, ge=0)


class TargetSettings(WorkloadSettings):
    """A workload that asks to be scaled; who runs its replicas says how many are ready."""

    ready_query: str = ""


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """All settings; durations are seconds."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    http_host: str = Field("127.0.0.1", alias=contract.HTTP_HOST)
    http_port: int = Field(ge=0, le=65_535, alias=contract.HTTP_PORT)
    metrics_port: int = Field(ge=0, le=65_535, alias=contract.METRICS_PORT)
    database_url: SecretStr = Field(alias=contract.DATABASE_URL)
    prometheus_url: str = Field(pattern=r"^https?://", alias=contract.PROMETHEUS_URL)
    token: SecretStr = Field(min_length=16, alias=contract.TOKEN)
    mode: Mode = Field("observe", alias=contract.MODE)
    sink: Literal["none", "local", "kubernetes"] = Field("none", alias=contract.SINK)
    local_socket: str = Field("", alias=contract.LOCAL_SOCKET)
    namespace: str = Field("", alias=contract.NAMESPACE)
    kubeconfig: str = Field("", alias=contract.KUBECONFIG)
    kube_context: str = Field("", alias=contract.KUBE_CONTEXT)
    lease_s: float = Field(15.0, ge=2, le=300, alias=contract.LEASE_S)
    workloads: Json[list[WorkloadSettings]] = Field(alias=contract.WORKLOADS)
    models: str = Field("", alias=contract.MODELS)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias=contract.LOG_LEVEL
    )
    tick_s: Seconds = Field(15.0, alias=contract.TICK_S)
    step_s: float = Field(60.0, ge=0.1, allow_inf_nan=False, alias=contract.STEP_S)
    horizon_s: Seconds = Field(300.0, alias=contract.HORIZON_S)
    startup_s: float = Field(180.0, ge=0, allow_inf_nan=False, alias=contract.STARTUP_S)
    stabilization_s: float = Field(300.0, ge=0, allow_inf_nan=False, alias=contract.STABILIZATION_S)
    floor_ttl_s: Seconds = Field(600.0, alias=contract.FLOOR_TTL_S)
    stale_after_s: Seconds = Field(120.0, alias=contract.STALE_AFTER_S)
    min_history_s: Seconds = Field(3_600.0, alias=contract.MIN_HISTORY_S)
    max_history_s: Seconds = Field(1_209_600.0, alias=contract.MAX_HISTORY_S)
    refit_s: Seconds = Field(7_200.0, alias=contract.REFIT_S)
    season_s: Seconds = Field(604_800.0, alias=contract.SEASON_S)

    usage_cpu_query: str = Field("", alias=contract.USAGE_CPU_QUERY)
    usage_memory_query: str = Field("", alias=contract.USAGE_MEMORY_QUERY)
    usage_oom_query: str = Field("", alias=contract.USAGE_OOM_QUERY)
    vertical: Literal["recommend", "resize"] = Field("recommend", alias=contract.VERTICAL)
    usage_s: Seconds = Field(60.0, alias=contract.USAGE_S)
    allotments: Json[list[AllotmentSettings]] = Field(
        default_factory=list, alias=contract.ALLOTMENTS
    )
    least_cpu_m: float = Field(25.0, ge=0, allow_inf_nan=False, alias=contract.LEAST_CPU_M)
    least_memory_mib: float = Field(
        250.0, ge=0, allow_inf_nan=False, alias=contract.LEAST_MEMORY_MIB
    )

    @field_validator("models")
    @classmethod
    def is_a_place(cls, place: str) -> str:
        if place not in ("", contract.IN_DATABASE) and not Path(place).is_absolute():
            raise ValueError(f'allowed: an absolute path, {contract.IN_DATABASE!r}, or ""')
        return place

    @model_validator(mode="after")
    def parts_fit_together(self) -> Self:
        if self.sink == "local" and not self.local_socket:
            raise ValueError(f"{contract.SINK}=local needs {contract.LOCAL_SOCKET}")
        if self.kubeconfig and not self.namespace:
            raise ValueError(f"{contract.KUBECONFIG} needs {contract.NAMESPACE}")
        if self.horizon_s < self.startup_s:
            raise ValueError(
                f"{contract.HORIZON_S} {self.horizon_s:g} is shorter than {contract.STARTUP_S} "
                f"{self.startup_s:g}: replicas would be ready after what is forecast"
            )
        if not 1 <= self.max_history_s / self.step_s <= MAX_STEPS:
            raise ValueError(
                f"{contract.MAX_HISTORY_S} / {contract.STEP_S} is "
                f"{self.max_history_s / self.step_s:g}, allowed 1 to {MAX_STEPS}"
            )
        if bool(self.usage_cpu_query) != bool(self.usage_memory_query):
            raise ValueError(
                f"{contract.USAGE_CPU_QUERY} and {contract.USAGE_MEMORY_QUERY} go together"
            )
        if self.vertical == "resize" and not (self.sink == "kubernetes" and self.recommends):
            raise ValueError(
                f"{contract.VERTICAL}=resize needs {contract.SINK}=kubernetes "
                f"and {contract.USAGE_CPU_QUERY}"
            )
        names = [workload.name for workload in self.workloads]
        if len(set(names)) < len(names):
            raise ValueError(f"{contract.WORKLOADS} names one workload twice: {', '.join(names)}")
        return self

    @property
    def step_ms(self) -> int:
        return round(self.step_s * 1000)

    @property
    def keep_steps(self) -> int:
        """Most steps of load that are kept."""
        return round(self.max_history_s / self.step_s)

    @property
    def seasons(self) -> tuple[int, ...]:
        """Steps of a day and of a week, or of what they became in a demo profile."""
        return round(self.season_s / 7 / self.step_s), round(self.season_s / self.step_s)

    def scaled(self) -> tuple[Workload, ...]:
        """The workloads as the loop needs them."""
        return tuple(self._workload(given) for given in self.workloads)

    def declared(self, name: str, fields: Mapping[str, object]) -> Workload:
        """A workload that was found at run time, by what it says of itself.

        What it leaves out is as in the settings, where they name it as well; their bounds of the
        replicas are narrower than its own and hold.

        Raises:
            UnusableWorkloadError: names each field, what was found and what is allowed.
        """
        named = next((each for each in self.workloads if each.name == name), None)
        given: dict[str, object] = {"name": name}
        if named is not None:
            given = named.model_dump()
            fields = {key: fields[key] for key in fields.keys() - {"minimum", "maximum"}}
        text = fields.get("behaviour")
        if isinstance(text, str):  # what else is an object of its own comes as text
            try:
                fields = {**fields, "behaviour": json.loads(text)}
            except ValueError:
                problem = f"found {text!r}, allowed an object in JSON"
                raise UnusableWorkloadError([("behaviour", problem)]) from None
        try:
            target = TargetSettings.model_validate({**given, **fields})
        except ValidationError as error:
            raise UnusableWorkloadError([_problem(e) for e in error.errors()]) from None
        return self._workload(target)

    def _workload(self, given: WorkloadSettings) -> Workload:
        return Workload(
            load_query=given.load_query,
            ready_query=given.ready_query,
            mode=given.mode,
            signals=SignalQueries(
                utilisation=given.utilisation_query,
                latency=given.latency_query,
                queue_wait=given.queue_wait_query,
                release=given.release_query,
            ),
            rules=self._rules(given),
            timezone=given.timezone,
            country=given.country,
            policy=Policy(
                workload=given.name,
                load_unit=given.load_unit,
                capacity=given.capacity,
                target=given.target,
                minimum=given.minimum,
                maximum=given.maximum,
                quantile=given.level,
                stabilization_s=self.stabilization_s,
                floor_ttl_s=self.floor_ttl_s,
                horizon_s=self.horizon_s,
                startup_s=self.startup_s,
                zone=zone_of(given.timezone),
                **given.behaviour.of_policy(),
            ),
        )

    @property
    def recommends(self) -> bool:
        """Whether the usage of containers is read."""
        return bool(self.usage_cpu_query)

    @property
    def resizes(self) -> bool:
        """Whether recommendations are given to running pods."""
        return self.vertical == "resize" and self.mode == "enforce"

    def usage_queries(self) -> UsageQueries:
        return UsageQueries(
            cpu=self.usage_cpu_query,
            memory=self.usage_memory_query,
            out_of_memory=self.usage_oom_query,
        )

    def resource_rules(self) -> ResourceRules:
        """How resources are recommended; a day is as long as in the season."""
        day_s = self.season_s / 7
        return ResourceRules(
            half_life_s=day_s,
            window_s=day_s,
            confidence_s=day_s,
            least_cpu_m=self.least_cpu_m,
            least_memory=self.least_memory_mib * MEBI,
        )

    def allotted(self) -> dict[Container, Allotment]:
        """What containers ask for now."""
        return {
            Container(workload=given.workload, name=given.container): Allotment(
                cpu_request_m=given.cpu_request_m,
                cpu_limit_m=given.cpu_limit_m,
                memory_request=given.memory_request_mib * MEBI,
                memory_limit=given.memory_limit_mib * MEBI,
            )
            for given in self.allotments
        }

    def _rules(self, given: WorkloadSettings) -> CapacityRules:
        """How the capacity of a workload is learnt; a day is as long as in the season."""
        low, high = given.capacity_bounds
        return CapacityRules(
            configured=given.capacity,
            minimum=low,
            maximum=high,
            objective=Objective(
                utilisation=given.utilisation_objective if given.utilisation_query else None,
                latency_s=given.latency_objective_s or None,
                queue_wait_s=given.queue_wait_objective_s or None,
            ),
            unit=given.load_unit,
            unit_s=self.step_s,
            long_s=self.season_s / 7,
            short_s=self.season_s / 7 / 24,
        )


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment, by default that of this process.

    Raises:
        SettingsError: says for each wrong variable what was found and what is allowed.
    """
    given = os.environ if environment is None else environment
    names = {field.alias for field in Settings.model_fields.values()}
    try:
        return Settings.model_validate({k: v for k, v in given.items() if k in names})
    except ValidationError as error:
        raise SettingsError("; ".join(_said(e) for e in error.errors())) from None


def database_url(environment: Mapping[str, str] | None = None) -> str:
    """The address of the database alone, for the migration.

    Raises:
        SettingsError: it is not set.
    """
    url = (os.environ if environment is None else environment).get(contract.DATABASE_URL, "")
    if not url:
        raise SettingsError(f"{contract.DATABASE_URL} is not set")
    return url


def _said(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"])
    variable = str(error["loc"][0]) if error["loc"] else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    if not variable:
        return message
    if error["type"] == "missing":
        return f"{path} is not set"
    found = "" if variable in contract.SECRET_VARIABLES else f" found {error['input']!r},"
    return f"{path}:{found} {message}"


def _problem(error: Any) -> tuple[str, str]:
    """The field of a target that is wrong, and what is wrong with it."""
    message = str(error["msg"]).removeprefix("Value error, ")
    field = str(error["loc"][0]) if error["loc"] else "spec"
    if error["type"] == "missing":
        return field, "is not set"
    return field, f"found {error['input']!r}, {message}" if error["loc"] else message
