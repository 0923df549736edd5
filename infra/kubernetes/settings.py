"""Settings of a stack that runs on Kubernetes (``autoserve:cluster``).

A stack that has this group is on the cluster named here; one without it is on this machine.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr, model_validator

from infra.section import Section

__all__ = [
    "ClusterSettings",
    "ManagedPostgres",
    "ManagedRedis",
    "ReleaseName",
]

DNS_LABEL = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
CIDR = r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|/)){4}(3[0-2]|[12]?\d)$"
LONGEST_SUFFIX = len("-observability")  # of the namespaces made from the prefix
LABEL_LIMIT = 63

ReleaseName = Literal[
    "gateway-api", "nginx-gateway-fabric", "cert-manager", "keda", "metrics-server", "vpa"
]
Cidr = Annotated[str, Field(pattern=CIDR)]
Host = Annotated[str, Field(pattern=DNS_NAME)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class StorageSettings(Section):
    """Volumes. A volume can grow later, never shrink."""

    storage_class: str = Field("", description="storage class of the volumes; '': the default one")
    postgres_gib: int = Field(10, ge=1, le=65_536, description="PostgreSQL's volume, GiB")
    redis_gib: int = Field(2, ge=1, le=65_536, description="Redis' volume, GiB")
    prometheus_gib: int = Field(20, ge=1, le=65_536, description="Prometheus' volume, GiB")
    shared_gib: int = Field(20, ge=1, le=65_536, description="datasets and models, GiB")
    shared_class: str = Field("", description="storage class of datasets and models; '': default")
    shared_access: Literal["ReadWriteMany", "ReadWriteOnce"] = Field(
        "ReadWriteMany", description="ReadWriteOnce only where the cluster has a single node"
    )


class QuotaSettings(Section):
    """What a namespace may use in all, so that one cannot starve the cluster."""

    cpu: int = Field(32, ge=1, le=10_000, description="CPU requests of a namespace, cores")
    memory_gib: int = Field(64, ge=1, le=100_000, description="memory limits of a namespace, GiB")
    pods: int = Field(100, ge=1, le=10_000, description="pods of a namespace")


class ManagedPostgres(Section):
    """A PostgreSQL that is given, in place of one in the cluster."""

    host: Host
    port: Port = 5_432
    cidrs: tuple[Cidr, ...] = Field(min_length=1, description="networks it is reached in")
    superuser: str = Field("postgres", min_length=1, description="a role that may create roles")
    password: SecretStr = Field(description="of that role; a Pulumi secret")


class ManagedRedis(Section):
    """A Redis that is given, in place of one in the cluster."""

    host: Host
    port: Port = 6_379
    cidrs: tuple[Cidr, ...] = Field(min_length=1, description="networks it is reached in")
    password: SecretStr = Field(description="a Pulumi secret")


class ImageSettings(Section):
    """Where the images of our own services come from."""

    registry: str = Field(
        "ghcr.io/autoserve",
        pattern=r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+$",
        description="registry and path, without the image's name",
    )
    tag: str = Field(
        "0.1.0",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$",
        description="version of our images; never latest",
    )
    pull_secret: SecretStr | None = Field(
        None, description="a Docker configuration in JSON that may pull; a Pulumi secret"
    )

    @model_validator(mode="after")
    def a_tag_stays_what_it_is(self) -> "ImageSettings":
        if self.tag == "latest":
            raise ValueError("tag 'latest' moves; allowed: the tag of one version")
        return self


class EdgeSettings(Section):
    """The gateway, the one thing that is public."""

    issuer: Literal["self-signed", "letsencrypt-staging", "letsencrypt"] = Field(
        "self-signed", description="who signs the certificate"
    )
    email: str = Field(
        "", pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$", description="for the certificate authority"
    )
    service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = Field(
        "LoadBalancer", description="how the gateway is reached from outside"
    )
    replicas: int = Field(2, ge=1, le=64, description="data-plane replicas")
    requests_per_second: int = Field(50, ge=1, le=100_000, description="rate limit of one client")

    @model_validator(mode="after")
    def an_authority_needs_an_address(self) -> "EdgeSettings":
        if self.issuer != "self-signed" and not self.email:
            raise ValueError(f"issuer {self.issuer} needs email, found ''")
        return self


class ClusterSettings(Section):
    """A Kubernetes cluster, and how the platform runs on it."""

    kubeconfig: str = Field(
        min_length=1, description="path of the kubeconfig; ~ is the home folder"
    )
    context: str = Field(
        min_length=1, description="context in it; never the current one by accident"
    )
    namespace: str = Field(
        "autoserve",
        pattern=DNS_LABEL,
        max_length=LABEL_LIMIT - LONGEST_SUFFIX,
        description="namespace of the services, and prefix of the others",
    )
    domain: Host = Field(description="host name of the dashboard and the API")
    install: tuple[ReleaseName, ...] = Field(
        get_args(ReleaseName), description="releases that this stack installs; others must be there"
    )
    scaling: Literal["keda", "hpa"] = Field(
        "keda", description="keda: all signals; hpa: CPU and memory, minimum raised by the scaler"
    )
    hpa_tolerance: bool = Field(
        True, description="the cluster's HPA has the field `tolerance` (Kubernetes 1.35 or newer)"
    )
    vertical: Literal["none", "Off", "Initial", "Recreate", "InPlaceOrRecreate"] = Field(
        "Off", description="VPA update policy; Off: recommendations only; none: no VPA objects"
    )
    container_usage: bool = Field(
        True,
        description="Prometheus reads from every kubelet what our containers use, and needs a "
        "ClusterRole for it; without, no CPU or memory is recommended",
    )
    kubelet_certificates: Literal["verified", "unverified"] = Field(
        "verified",
        description="unverified: the kubelets sign their own, and whoever stands between a kubelet "
        "and Prometheus can read its token",
    )
    node_cidrs: tuple[Cidr, ...] = Field(
        ("0.0.0.0/0",), min_length=1, description="where Prometheus finds the kubelets"
    )
    api_server_cidrs: tuple[Cidr, ...] = Field(
        ("0.0.0.0/0",), min_length=1, description="where pods that need it find the API server"
    )
    node_labels: dict[str, str] = Field(
        default_factory=dict, description="labels that a node must have to get our pods"
    )
    storage: StorageSettings = StorageSettings()
    quota: QuotaSettings = QuotaSettings()
    images: ImageSettings = ImageSettings()
    edge: EdgeSettings = EdgeSettings()
    postgres: ManagedPostgres | None = Field(None, description="a PostgreSQL that is given")
    redis: ManagedRedis | None = Field(None, description="a Redis that is given")
    protect: bool = Field(False, description="refuse to delete what holds data")
