"""Prometheus: scrapes every replica of every service, and answers the scaler and the dashboard."""

import json

from infra.services.description import Port, Probe, Service, State
from infra.settings import Settings

__all__ = ["NAME", "TARGETS_FILE", "prometheus"]

NAME = "prometheus"
TARGETS_FILE = "targets.json"  # in its etc folder; written by who knows the replicas


def prometheus(settings: Settings) -> Service:
    interval_ms = round(settings.data.scrape_interval_s * 1_000 / settings.time_factor)
    # JSON is YAML too, and needs no library to be written right.
    configuration = {
        "global": {
            "scrape_interval": f"{interval_ms}ms",
            "scrape_timeout": f"{min(interval_ms, 10_000)}ms",
        },
        "scrape_configs": [
            {
                "job_name": "autoserve",
                "file_sd_configs": [
                    {"files": [f"{{dir:etc}}/{TARGETS_FILE}"], "refresh_interval": "30s"}
                ],
            },
            {
                "job_name": NAME,
                "static_configs": [
                    {
                        "targets": ["127.0.0.1:{port:http}"],
                        "labels": {"service": NAME, "replica": "0"},
                    }
                ],
            },
        ],
    }
    return Service(
        name=NAME,
        title="Prometheus, metrics of every replica",
        command=(
            "prometheus",
            "--config.file={dir:etc}/prometheus.yml",
            "--storage.tsdb.path={dir:data}",
            f"--storage.tsdb.retention.time={settings.data.retention_days}d",
            "--web.listen-address=127.0.0.1:{port:http}",
            "--log.level=warn",
        ),
        ports=(Port(name="http", number=9090),),
        probe=Probe(port="http", path="/-/ready"),
        files={"prometheus.yml": json.dumps(configuration, indent=2) + "\n"},
        state=State.DATA,
        reload_signal="HUP",
    )
