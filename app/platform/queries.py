"""The PromQL behind the overview, from the names in app.contract."""

from app import contract

__all__ = ["queries", "step_for"]

POINTS = 180  # of one series
MIN_STEP_S = 1
# Four scrapes at the usual 15 s, so that a lost one leaves no hole.
MIN_RATE_WINDOW_S = 60


def step_for(window_s: int) -> int:
    """Seconds between two points of a window."""
    return max(MIN_STEP_S, window_s // POINTS)


def queries(window_s: int) -> dict[str, str]:
    """One query for each series of the overview."""
    rate_s = max(MIN_RATE_WINDOW_S, 4 * step_for(window_s))
    requests = f"sum(rate({contract.REQUESTS_TOTAL}[{rate_s}s]))"
    failed = f'(sum(rate({contract.REQUESTS_TOTAL}{{status=~"5.."}}[{rate_s}s])) or vector(0))'
    buckets = f"sum by (le) (rate({contract.REQUEST_SECONDS}_bucket[{rate_s}s]))"
    # Every replica reads the same queue: max by state first, then the sum of what is not done.
    waiting = f'max by (state) ({contract.TASKS_IN_STATE}{{state=~"queued|running"}})'
    return {
        "requests_rps": f"{requests} or vector(0)",
        "errors_ratio": f"{failed} / ({requests} > 0)",
        "latency_p95_s": f"histogram_quantile(0.95, {buckets})",
        "latency_p50_s": f"histogram_quantile(0.5, {buckets})",
        "queue_depth": f"sum({waiting})",
        "workers_ready": _ready(contract.WORKER_SERVICE),
        "api_ready": _ready(contract.API_SERVICE),
    }


def _ready(service: str) -> str:
    return f'count(up{{{contract.SERVICE_LABEL}="{service}"}} == 1) or vector(0)'
