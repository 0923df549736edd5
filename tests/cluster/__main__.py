"""Keep a test cluster up until Ctrl-C: ``python -m tests.cluster [--autoscaling]``."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack

from infra.toolchain import cluster
from infra.toolchain.progress import BootstrapError
from tests.cluster.autoscaling import autoscaling
from tests.cluster.control_plane import running
from tests.cluster.definitions import install_definitions
from tests.cluster.waiting import ClusterError


def main() -> int:
    """Install what is missing, start it, say how to reach it, and end it on a signal."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument(
        "--autoscaling", action="store_true", help="with metrics-server, KEDA and Prometheus"
    )
    parser.add_argument("--nodes", type=int, default=3, help="simulated nodes (default: 3)")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        cluster.install()
        with ExitStack() as stack:
            started = time.monotonic()
            plane = stack.enter_context(running(nodes=wanted.nodes))
            install_definitions(plane.admin)
            if wanted.autoscaling:
                prometheus = stack.enter_context(autoscaling(plane)).prometheus
                print(f"Prometheus: {prometheus.url}")  # noqa: T201 - this is the display
            took = time.monotonic() - started
            print(f"ready after {took:.1f} s; logs in {plane.folder}")  # noqa: T201
            print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)  # noqa: T201
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (BootstrapError, ClusterError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
