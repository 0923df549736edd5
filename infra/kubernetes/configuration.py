"""The ConfigMap and the Secret of a service or a job.

Both are named by the provider (a suffix that changes with the content, since their data cannot be
changed in place): whatever uses them names the new one, so a change rolls exactly the pods that use
it, and the old one stays until they are gone.
"""

import pulumi
from pulumi_kubernetes import core, meta

from infra.kubernetes.names import labels
from infra.kubernetes.pods import Configuration
from infra.kubernetes.templates import Templates
from infra.services.description import Job, Service
from infra.templates import holds_secret

__all__ = ["configuration"]


def configuration(
    item: Service | Job, *, namespace: str, fill: Templates, opts: pulumi.ResourceOptions
) -> Configuration:
    """Declare what the item needs of the two; their names."""
    metadata = meta.v1.ObjectMetaArgs(namespace=namespace, labels=labels(item.name))
    plain = {name: text for name, text in item.files.items() if not holds_secret(text)}
    secret = {
        name: text
        for name, text in {**item.environment, **item.files}.items()
        if holds_secret(text)
    }
    files_name: pulumi.Input[str] | None = None
    secret_name: pulumi.Input[str] | None = None
    if plain:
        data = {name: fill.plain(item, text) for name, text in sorted(plain.items())}
        files = core.v1.ConfigMap(
            f"{item.name}-files", metadata=metadata, data=data, immutable=True, opts=opts
        )
        files_name = files.metadata.apply(lambda found: found.name or "")
    if secret:
        values = {name: fill.secret(item, text) for name, text in sorted(secret.items())}
        # Not immutable: a rendering has no values, and who applies it fills them in.
        kept = core.v1.Secret(
            f"{item.name}-secrets", metadata=metadata, string_data=values, opts=opts
        )
        secret_name = kept.metadata.apply(lambda found: found.name or "")
    return Configuration(files=files_name, secret=secret_name)
