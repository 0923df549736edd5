"""What the rest of AutoServe may know of worker and relay: constants only, no imports."""

# Environment variables; the shared ones (database, Redis, ports) are named in app.contract.
CONCURRENCY = "AUTOSERVE_WORKER_CONCURRENCY"  # slots of one replica
TASK_TIME_LIMIT_S = "AUTOSERVE_TASK_TIME_LIMIT_S"
MAX_ATTEMPTS = "AUTOSERVE_TASK_MAX_ATTEMPTS"
BACKOFF_S = "AUTOSERVE_TASK_BACKOFF_S"  # first delay of a retry; doubles, with jitter
LEASE_S = "AUTOSERVE_TASK_LEASE_S"  # a running task silent for so long is published again
RELAY_INTERVAL_S = "AUTOSERVE_RELAY_INTERVAL_S"  # longest pause between two looks at the outbox
SCRATCH_DIR = "AUTOSERVE_SCRATCH_DIR"  # a folder of this replica alone, emptied at start

QUEUE = "autoserve-tasks"

# Metric names. Label names stand behind them.
TASK_RUN_SECONDS = "autoserve_task_run_seconds"  # type, outcome; histogram
WORKER_SLOTS = "autoserve_worker_slots"  # of one replica
WORKER_SLOTS_BUSY = "autoserve_worker_slots_busy"
OUTBOX_PENDING = "autoserve_outbox_pending"
OUTBOX_LAG_SECONDS = "autoserve_outbox_lag_seconds"  # age of the oldest entry not yet published
OUTBOX_PUBLISHED_TOTAL = "autoserve_outbox_published_total"
TASKS_REPUBLISHED_TOTAL = "autoserve_tasks_republished_total"
