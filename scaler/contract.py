"""What the rest of AutoServe may know about the scaler: constants only, no imports."""

# Environment variables.
HTTP_HOST = "SCALER_HTTP_HOST"
HTTP_PORT = "SCALER_HTTP_PORT"
METRICS_PORT = "SCALER_METRICS_PORT"
DATABASE_URL = "SCALER_DATABASE_URL"  # secret; postgresql://user:password@host:port/name
PROMETHEUS_URL = "SCALER_PROMETHEUS_URL"
TOKEN = "SCALER_TOKEN"  # secret; whoever changes the history must show it as a bearer token
MODE = "SCALER_MODE"  # one of MODES; the most that is done for any workload at first
SINK = "SCALER_SINK"  # one of SINKS
LOCAL_SOCKET = "SCALER_LOCAL_SOCKET"  # the agent's socket, for SINK "local"
# For SINK "kubernetes"; in a pod its account's own token and namespace serve.
NAMESPACE = "SCALER_NAMESPACE"  # of the targets and of the lease
KUBECONFIG = "SCALER_KUBECONFIG"
KUBE_CONTEXT = "SCALER_KUBE_CONTEXT"
LEASE_S = "SCALER_LEASE_S"  # a writer that is silent for so long is followed by another
WORKLOADS = "SCALER_WORKLOADS"  # JSON list; the fields are WORKLOAD_FIELDS
# Where fitted forecasters are kept over a restart: a folder of one process alone, ``IN_DATABASE``
# for what several replicas share, or "" to keep none.
MODELS = "SCALER_MODELS"
LOG_LEVEL = "SCALER_LOG_LEVEL"
# Usage of containers, for the recommendation of their resources; PromQL with one series for each
# running container: label "workload" (or "service"), "container" (the workload where it has none),
# and "pod", "process" or "replica" to tell its instances apart. "" for the first two is off.
USAGE_CPU_QUERY = "SCALER_USAGE_CPU_QUERY"  # cores in use
USAGE_MEMORY_QUERY = "SCALER_USAGE_MEMORY_QUERY"  # bytes in use
USAGE_OOM_QUERY = "SCALER_USAGE_OOM_QUERY"  # times it was ended for want of memory, a counter
ALLOTMENTS = "SCALER_ALLOTMENTS"  # JSON list; the fields are ALLOTMENT_FIELDS
VERTICAL = "SCALER_VERTICAL"  # one of VERTICALS
LEAST_CPU_M = "SCALER_LEAST_CPU_M"  # recommended at least, millicores
LEAST_MEMORY_MIB = "SCALER_LEAST_MEMORY_MIB"  # recommended at least
# Durations, seconds. A demo profile divides all of them by one factor.
TICK_S = "SCALER_TICK_S"  # between two decisions
STEP_S = "SCALER_STEP_S"  # one step of the load series
HORIZON_S = "SCALER_HORIZON_S"  # how far ahead the forecast looks
STARTUP_S = "SCALER_STARTUP_S"  # lead time: from asking for a replica until it is ready
STABILIZATION_S = "SCALER_STABILIZATION_S"  # scale in only to the highest wish of this window
STALE_AFTER_S = "SCALER_STALE_AFTER_S"  # an older value of Prometheus counts as missing
FLOOR_TTL_S = "SCALER_FLOOR_TTL_S"  # after so long without a new forecast the last floor expires
MIN_HISTORY_S = "SCALER_MIN_HISTORY_S"  # no fitted model from less
MAX_HISTORY_S = "SCALER_MAX_HISTORY_S"  # older load is forgotten
REFIT_S = "SCALER_REFIT_S"  # between two fits of a model
USAGE_S = "SCALER_USAGE_S"  # between two looks at the usage of containers
SEASON_S = "SCALER_SEASON_S"  # the longest season (a week); a day is a seventh of it

# For whoever speaks to the scaler; the same names as in the API's environment.
CLIENT_URL = "AUTOSERVE_SCALER_URL"
CLIENT_TOKEN = "AUTOSERVE_SCALER_TOKEN"  # secret
CLIENT_TOKEN_FILE = "AUTOSERVE_SCALER_TOKEN_FILE"  # a file with it, instead

SECRET_VARIABLES = frozenset({DATABASE_URL, TOKEN, CLIENT_TOKEN})
MODES = ("off", "observe", "enforce")
SINKS = ("none", "local", "kubernetes")
IN_DATABASE = "database"
# recommend: say it; resize: give it to running pods of what is enforced too (SINK "kubernetes").
VERTICALS = ("recommend", "resize")
# What a container asks for and may use at most now; 0 where it says nothing.
ALLOTMENT_FIELDS = (
    "workload",
    "container",
    "cpu_request_m",
    "cpu_limit_m",
    "memory_request_mib",
    "memory_limit_mib",
)
# What the capacity is learnt from, all optional; a query that is "" and an objective of 0 are off.
# *_query: PromQL, one value; utilisation in [0, 1], its objective the most of it; latency and queue
# wait in seconds; capacity_minimum, capacity_maximum: bounds of what is learnt, 0 for a third and
# three times the capacity; release_query: PromQL, one series whose labels change with a release,
# and several of them while one is under way.
CAPACITY_FIELDS = (
    "utilisation_query",
    "utilisation_objective",
    "latency_query",
    "latency_objective_s",
    "queue_wait_query",
    "queue_wait_objective_s",
    "capacity_minimum",
    "capacity_maximum",
    "release_query",
)
# How a workload may be scaled, all optional; what limits scaling out limits the forecast's floor
# only, never the reactive count.
# under_cost, over_cost: of a missing and of a superfluous replica-hour, whose ratio is the level of
# the forecast; excess: replica-hours so many times those of the reactive path alone, at most;
# excess_window_s: so much of what was not needed of that is saved up; budget: replica-hours that
# the floor may add in a day of its timezone, null for no end; stabilization_out_s,
# stabilization_floor_s: the floor rises to its lowest, falls to its highest of that window, null
# for half-way between lead time and horizon; cooldown_s: nothing is scaled in so long after a
# change; steps_out, steps_in: lists of STEP_FIELDS, the most permissive counts; schedule: list of
# HOURS_FIELDS, later ones have the last word.
BEHAVIOUR_FIELDS = (
    "under_cost",
    "over_cost",
    "excess",
    "excess_window_s",
    "budget",
    "stabilization_out_s",
    "stabilization_floor_s",
    "cooldown_s",
    "steps_out",
    "steps_in",
    "schedule",
)
# In period_s seconds at most so many replicas or percent; one of the two is null.
STEP_FIELDS = ("period_s", "replicas", "percent")
# zone: IANA name; days: "*", "mon-fri", "sat,sun"; start, end: HH:MM, an end that is not after the
# start is on the day after; first, last: dates between which they begin, or null; minimum, maximum,
# target: instead of the usual ones, or null; extra: replicas on top of what the load needs.
HOURS_FIELDS = (
    "name",
    "zone",
    "days",
    "start",
    "end",
    "first",
    "last",
    "minimum",
    "maximum",
    "target",
    "extra",
)
# timezone: IANA name of the zone whose clock the load follows; country: whose public holidays, ISO
# 3166 with a subdivision as in DE-BY, "" for none.
CALENDAR_FIELDS = ("timezone", "country")
# name: workload; load_query: PromQL, one value, in load_unit; ready_query: PromQL, ready replicas;
# capacity: load that one ready replica sustains; target: share of it to run at, in (0, 1];
# minimum, maximum: bounds of the replicas; quantile: level of the forecast that becomes the floor,
# null for what the costs make it; behaviour: an object of BEHAVIOUR_FIELDS;
# mode: one of MODES, at first; a change at run time stands until the setting itself is changed.
WORKLOAD_FIELDS = (
    "name",
    "load_query",
    "load_unit",
    "ready_query",
    "capacity",
    "target",
    "minimum",
    "maximum",
    "quantile",
    *CAPACITY_FIELDS,
    *CALENDAR_FIELDS,
    "mode",
    "behaviour",
)

NEWEST = "newest"  # in place of a version: the newest forecaster serves again, and fits go on

# HTTP.
WORKLOADS_PATH = "/v1/workloads"
DECISIONS_PATH = "/v1/decisions"
RECOMMENDATIONS_PATH = "/v1/recommendations"
CHECKS_PATH = "/v1/checks"
# What moves loads from outside; below each the name of one.
SERIES_PATH = "/v1/series"
EVENTS_PATH = "/v1/events"
METRICS_PATH = "/metrics"
LIVENESS_PATH = "/livez"
READINESS_PATH = "/readyz"
STARTUP_PATH = "/startupz"

# Kubernetes: what is scaled says so by a label; its annotations say how.
SCALE_LABEL = "autoserve.dev/scale"
SCALE_VALUE = "predictive"
ANNOTATION_PREFIX = "autoserve.dev/"
# By annotation below the prefix: the field of WORKLOAD_FIELDS. What the object itself says (name,
# bounds, ready replicas) has none.
ANNOTATIONS = {
    field.replace("_", "-"): field
    for field in WORKLOAD_FIELDS
    if field not in ("name", "ready_query", "minimum", "maximum")
}
# On an autoscaler whose minimum is raised: by whom, to what, from what, and until when (RFC 3339).
FLOOR_BY = "autoserve.dev/floor-by"
FLOOR = "autoserve.dev/floor"
FLOOR_ORIGINAL = "autoserve.dev/floor-original"
FLOOR_EXPIRES = "autoserve.dev/floor-expires"
# No floor is raised before this time (RFC 3339): after somebody else has set the minimum.
FLOOR_PAUSED_UNTIL = "autoserve.dev/floor-paused-until"
LEASE = "scaler"  # the lease's name

# The database: a role and a schema of the same name.
DATABASE_ROLE = "scaler"

# Metric names; all have the label "workload".
LOAD = "autoserve_scaler_load"
FORECAST = "autoserve_scaler_forecast"  # quantile
FLOOR_REPLICAS = "autoserve_scaler_floor_replicas"
REACTIVE_REPLICAS = "autoserve_scaler_reactive_replicas"
TARGET_FOUND = "autoserve_scaler_target_found"  # 1 or 0
TARGETS_LEFT_ALONE = "autoserve_scaler_targets_left_alone"  # no label "workload"
TIME_TO_READY = "autoserve_scaler_time_to_ready_seconds"
WRITER = "autoserve_scaler_writer"  # 1 where this process may act; no label "workload"
DESIRED_REPLICAS = "autoserve_scaler_desired_replicas"
FORECAST_READY = "autoserve_scaler_forecast_ready"  # 1 or 0; reason
MODE_NOW = "autoserve_scaler_mode"  # mode; 1 for the one it is in, else 0
CONDITION = "autoserve_scaler_condition"  # 1 while it holds; condition
ANOMALIES_TOTAL = "autoserve_scaler_anomalies_total"  # kind, direction
JUDGEMENTS_TOTAL = "autoserve_scaler_judgements_total"  # verdict
REGRET_TOTAL = "autoserve_scaler_regret_replica_hours_total"
QUANTILE = "autoserve_scaler_floor_quantile"
CAPACITY = "autoserve_scaler_capacity"  # load that one replica sustains: learnt, at most configured
TICK_SECONDS = "autoserve_scaler_tick_seconds"  # no label "workload"
FITS_WAITING = "autoserve_scaler_fits_waiting"  # no label "workload"
# bound: target, lower, upper, and limit for one in proportion to the target; label "container".
RECOMMENDED_CPU = "autoserve_scaler_recommended_cpu_cores"
RECOMMENDED_MEMORY = "autoserve_scaler_recommended_memory_bytes"
DECISIONS_TOTAL = "autoserve_scaler_decisions_total"  # direction, acted
UNUSABLE_ANSWERS_TOTAL = "autoserve_scaler_unusable_answers_total"  # reason
TICK_FAILURES_TOTAL = "autoserve_scaler_tick_failures_total"  # dependency; no label "workload"
FIT_SECONDS = "autoserve_scaler_fit_seconds"
# The same name in every Python service; here it has the label "dependency" alone.
DEPENDENCY_UP = "autoserve_dependency_up"
