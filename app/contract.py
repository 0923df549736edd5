"""What the rest of AutoServe may know about the API: constants only, no imports.

The infrastructure builds ports, probes, environments and queries from these names, so that none of
them is typed twice. Environment variables that the worker and the relay share with the API are
owned here as well.
"""

# Environment variables. Those that hold a secret are listed once more in SECRET_VARIABLES.
HTTP_HOST = "AUTOSERVE_HTTP_HOST"
HTTP_PORT = "AUTOSERVE_HTTP_PORT"
METRICS_PORT = "AUTOSERVE_METRICS_PORT"
DATABASE_URL = "AUTOSERVE_DATABASE_URL"  # postgresql://user:password@host:port/name
DATABASE_POOL_SIZE = "AUTOSERVE_DATABASE_POOL_SIZE"
REDIS_URL = "AUTOSERVE_REDIS_URL"  # redis://:password@host:port/0
JWT_PRIVATE_KEY = "AUTOSERVE_JWT_PRIVATE_KEY"  # Ed25519, PKCS 8, PEM
JWT_ACCESS_TTL_S = "AUTOSERVE_JWT_ACCESS_TTL_S"
JWT_REFRESH_TTL_S = "AUTOSERVE_JWT_REFRESH_TTL_S"
CORS_ORIGINS = "AUTOSERVE_CORS_ORIGINS"  # JSON list of origins
COOKIE_SECURE = "AUTOSERVE_COOKIE_SECURE"  # true where the edge speaks TLS
DEFAULT_ROLE = "AUTOSERVE_DEFAULT_ROLE"
MAX_CONCURRENT_REQUESTS = "AUTOSERVE_MAX_CONCURRENT_REQUESTS"  # per replica
MAX_UPLOAD_BYTES = "AUTOSERVE_MAX_UPLOAD_BYTES"
DATA_DIR = "AUTOSERVE_DATA_DIR"  # where datasets and models are kept
PROMETHEUS_URL = "AUTOSERVE_PROMETHEUS_URL"
SCALER_URL = "AUTOSERVE_SCALER_URL"
SCALER_TOKEN = "AUTOSERVE_SCALER_TOKEN"
REFRESH_S = "AUTOSERVE_METRICS_REFRESH_S"  # how often queue figures are read from the database
DRAIN_S = "AUTOSERVE_DRAIN_S"  # seconds an ending replica may use for requests under way
FIRST_USER_EMAIL = "admin@autoserve.local"
FIRST_USER_PASSWORD = "AUTOSERVE_FIRST_USER_PASSWORD"  # given; in place of a generated one
CREDENTIALS_FILE = "AUTOSERVE_CREDENTIALS_FILE"  # where the first user's password is left, mode 600
LOG_LEVEL = "AUTOSERVE_LOG_LEVEL"
OTLP_ENDPOINT = "AUTOSERVE_OTLP_ENDPOINT"  # traces are sent there when it is set

SECRET_VARIABLES = frozenset(
    {DATABASE_URL, REDIS_URL, JWT_PRIVATE_KEY, SCALER_TOKEN, FIRST_USER_PASSWORD}
)

# Paths.
API_PREFIX = "/api"
API_VERSION_PREFIX = "/api/v1"
TASK_EVENTS_SUFFIX = "/events"  # WebSocket paths end so, below API_VERSION_PREFIX + "/tasks"
METRICS_PATH = "/metrics"
LIVENESS_PATH = "/livez"
READINESS_PATH = "/readyz"
STARTUP_PATH = "/startupz"

# The database: a role and a schema of the same name.
DATABASE_ROLE = "app"
DATABASE_NAME = "autoserve"

# Redis channels and keys.
TASK_EVENTS_CHANNEL = "autoserve:task-events"  # one message a change: {"task_id", "owner_id"}

# Every scraped target carries this label: the name of its service (infra.services).
SERVICE_LABEL = "service"
API_SERVICE = "api"
WORKER_SERVICE = "worker"

# Metric names. Label names stand behind them.
REQUESTS_TOTAL = "autoserve_http_requests_total"  # method, route, status
REQUEST_SECONDS = "autoserve_http_request_duration_seconds"  # method, route; histogram
REQUESTS_IN_FLIGHT = "autoserve_http_requests_in_flight"
REQUESTS_REJECTED_TOTAL = "autoserve_http_requests_rejected_total"  # reason
RATE_LIMITS_SKIPPED_TOTAL = "autoserve_rate_limits_skipped_total"  # limiter; Redis was away
REGISTRATIONS_TOTAL = "autoserve_registrations_total"
TASKS_SUBMITTED_TOTAL = "autoserve_tasks_submitted_total"  # type
# Read from the database by every API replica: take max(), not sum().
TASKS_IN_STATE = "autoserve_tasks"  # state
TASK_COMPLETIONS_TOTAL = "autoserve_task_completions_total"  # type, outcome
QUEUE_WAIT_SECONDS = "autoserve_task_queue_wait_seconds"  # age of the oldest task that waits
DEPENDENCY_UP = "autoserve_dependency_up"  # dependency; 1 or 0, of every Python service
