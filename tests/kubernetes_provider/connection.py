"""From a kubeconfig and a context to a client of their API server."""

from pathlib import Path

import httpx
import yaml
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config, load_kube_config_from_dict
from kubernetes.config.config_exception import ConfigException

from tests.cluster.certificates import Pair
from tests.cluster.client import Client

__all__ = ["UnreachableError", "connect", "server_of"]


class UnreachableError(Exception):
    """No API server answers, or the kubeconfig does not lead to one."""


def connect(kubeconfig: str, context: str) -> Client:
    """A client of the API server, which has answered.

    Args:
        kubeconfig: a path, or the text itself.
        context: one of its contexts; "" is its current one.

    Raises:
        UnreachableError: it does not answer, or the kubeconfig has no such context.
    """
    found = _configuration(kubeconfig, context)
    pair = None
    if found.cert_file and found.key_file:
        pair = Pair(certificate=Path(found.cert_file), key=Path(found.key_file))
    token = (found.api_key or {}).get("authorization", "").removeprefix("Bearer ")
    if not found.ssl_ca_cert:
        raise UnreachableError(f"kubeconfig, context {context!r}: it has no certificate authority")
    client = Client(found.host, Path(found.ssl_ca_cert), pair=pair, token=token)
    try:
        client.request("GET", "/version")
    except httpx.TransportError as exc:
        raise UnreachableError(f"the API server {found.host} is unreachable: {exc}") from exc
    return client


def server_of(kubeconfig: str, context: str) -> str:
    """The address of the API server; nobody is asked."""
    return str(_configuration(kubeconfig, context).host)


def _configuration(kubeconfig: str, context: str) -> Configuration:
    made, chosen = Configuration(), context or None
    is_text = kubeconfig.lstrip().startswith(("apiVersion:", "{"))
    if not is_text and not Path(kubeconfig).is_file():
        raise UnreachableError(f"kubeconfig: there is no file {kubeconfig!r}")
    try:
        if is_text:
            load_kube_config_from_dict(  # type: ignore[no-untyped-call] # the client has no types
                yaml.safe_load(kubeconfig), context=chosen, client_configuration=made
            )
        else:
            load_kube_config(  # type: ignore[no-untyped-call] # see above
                kubeconfig, context=chosen, client_configuration=made
            )
    except ConfigException as exc:
        raise UnreachableError(f"kubeconfig, context {context!r}: {exc}") from exc
    return made
