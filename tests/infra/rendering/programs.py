"""Small Pulumi programs of the tests: what a platform consists of, in few lines."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random

__all__ = ["Workload", "deployment", "platform"]

IMAGE = "registry.example/api:1.0"


class Workload(pulumi.ComponentResource):
    """A Deployment below a component, as the platform's builders make it."""

    def __init__(self, name: str, spec: dict[str, Any], **options: Any) -> None:
        super().__init__("autoserve:kubernetes:Workload", name)
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": spec}
        whole: Any = {"selector": {"matchLabels": labels}, "template": template}
        kubernetes.apps.v1.Deployment(
            name,
            metadata={"name": name, "namespace": "shop"},
            spec=whole,
            opts=pulumi.ResourceOptions(parent=self, **options),
        )


def deployment(name: str, environment: dict[str, Any] | None = None) -> Workload:
    variables = [{"name": key, "value": value} for key, value in (environment or {}).items()]
    container = {"name": name, "image": IMAGE, "env": variables, "ports": [{"containerPort": 80}]}
    return Workload(name, {"containers": [container]}, ignore_changes=["spec.replicas"])


def platform(greeting: str = "hello", key_name: str = "main") -> None:
    """A namespace, a configuration, a generated secret and a workload that uses both."""
    kubernetes.core.v1.Namespace("shop", metadata={"name": "shop"})
    settings = kubernetes.core.v1.ConfigMap(
        "settings", metadata={"namespace": "shop"}, data={"greeting": greeting, "lines": "a\nb\n"}
    )
    password = pulumi_random.RandomPassword("password", length=24)
    secret = kubernetes.core.v1.Secret(
        "credentials",
        metadata={"namespace": "shop"},
        string_data={key_name: pulumi.Output.concat("user:", password.result)},
    )
    deployment("api", {"SETTINGS": settings.metadata.name, "CREDENTIALS": secret.metadata.name})
    pulumi.export("settings", settings.metadata.name)
