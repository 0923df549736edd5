"""A stack on Kubernetes, from its descriptions: the order in which everything is declared."""

import json

import pulumi
import pulumi_kubernetes
from pulumi_kubernetes import core, meta

from infra.kubernetes.cluster import Cluster
from infra.kubernetes.names import PART_OF, PART_OF_LABEL, Namespaces
from infra.kubernetes.namespaces import Namespace, NamespaceArgs
from infra.kubernetes.network import Network
from infra.kubernetes.pods import Placement
from infra.kubernetes.scaling import Scaler
from infra.kubernetes.secrets import secret_values
from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.tasks import Task, TaskArgs
from infra.kubernetes.templates import Templates
from infra.kubernetes.workload import Workload, WorkloadArgs
from infra.outputs import Platform
from infra.platform.admission import Admission
from infra.platform.certificates import Certificate, CertificateArgs
from infra.platform.gateway import Gateway, GatewayArgs
from infra.platform.images import images_of, reference
from infra.platform.install import install
from infra.services import prometheus
from infra.services.catalogue import Catalogue
from infra.services.description import Job, Service
from infra.services.order import in_order, needs
from infra.settings import Settings

__all__ = ["cluster_platform"]

PULL_SECRET = "pull"  # noqa: S105 - the name of an object
SHARED = "shared"
# KEDA asks Prometheus for the signals, from its own namespace.
KEDA_OPERATOR = ("keda", {"app": "keda-operator"})


def cluster_platform(
    catalogue: Catalogue, *, settings: Settings, on: ClusterSettings, cluster: Cluster
) -> Platform:
    """Declare namespaces, secrets, jobs and workloads, each after what it depends on."""
    return _Builder(catalogue, settings, on, cluster).build()


class _Builder:
    """Holds what the steps of one build share; used once."""

    def __init__(
        self, catalogue: Catalogue, settings: Settings, on: ClusterSettings, cluster: Cluster
    ) -> None:
        self.catalogue, self.settings, self.on, self.cluster = catalogue, settings, on, cluster
        self.namespaces = Namespaces(prefix=on.namespace)
        self.network = Network(
            catalogue=catalogue,
            namespaces=self.namespaces,
            api_server_cidrs=on.api_server_cidrs,
            node_cidrs=on.node_cidrs if on.container_usage else (),
            metrics_readers=(KEDA_OPERATOR,) if on.scaling == "keda" else (),
        )
        self.provider = pulumi_kubernetes.Provider(
            "cluster",
            kubeconfig=cluster.kubeconfig,
            context=cluster.context,
            # The same cluster under another path or address stays the same provider.
            cluster_identifier=on.context,
            enable_server_side_apply=True,
            # What was changed by hand has another owner since, and is taken back all the same.
            enable_patch_force=True,
            # A run that was killed leaves objects that the state does not know: the next one takes
            # them over. Namespaces of others were refused before (infra.kubernetes.ownership).
            upsert_existing_objects=True,
        )
        self.done: dict[str, pulumi.Resource] = {}

    def build(self) -> Platform:
        everything = pulumi.ResourceOptions(provider=self.provider)
        installed = install(self.on.install, self.cluster.manifests, everything)
        definitions = [group for groups in installed.values() for group in groups]
        self.guards = self._declare_namespaces(everything)
        inside = pulumi.ResourceOptions(provider=self.provider, depends_on=self.guards)
        Admission("admission", self.namespaces, everything)
        self._pull_secrets(inside)
        self._shared_volume(inside)
        self.placement = Placement(
            templates=Templates(
                catalogue=self.catalogue,
                namespaces=self.namespaces,
                secrets=self._secrets(),
            ),
            namespaces=self.namespaces,
            images={each.name: reference(each) for each in images_of(self.on.images)},
            pull_secret=PULL_SECRET if self.on.images.pull_secret else "",
            node_labels=self.on.node_labels,
        )
        for item in in_order(self.catalogue):
            before = [self.done[name] for name in sorted(needs(item, self.catalogue))]
            self.done[item.name] = self._declare(item, [*self.guards, *definitions, *before])
        self._edge([*self.guards, *definitions])
        return self._outputs()

    def _declare_namespaces(self, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        guards: list[pulumi.Resource] = []
        for purpose, name in self.namespaces.all.items():
            args = NamespaceArgs(
                name=name,
                purpose=purpose,
                quota=self.on.quota,
                # A namespace that goes takes its claims with it, protected or not.
                protect=self.on.protect and purpose != "edge",
            )
            guards += Namespace(purpose, args, opts).guards
        return guards

    def _secrets(self) -> dict[str, pulumi.Output[str]]:
        """A password that is made anew locks out of the data that is kept: protected alike."""
        opts = pulumi.ResourceOptions(protect=self.on.protect)
        return secret_values(self.catalogue.secrets, opts)

    def _pull_secrets(self, opts: pulumi.ResourceOptions) -> None:
        """In each namespace, since a pod takes them from its own."""
        given = self.on.images.pull_secret
        if given is None:
            return
        value = pulumi.Output.secret(given.get_secret_value())
        for purpose, namespace in self.namespaces.all.items():
            core.v1.Secret(
                f"{purpose}-pull",
                metadata=meta.v1.ObjectMetaArgs(name=PULL_SECRET, namespace=namespace),
                type="kubernetes.io/dockerconfigjson",
                string_data={".dockerconfigjson": value},
                opts=opts,
            )

    def _shared_volume(self, opts: pulumi.ResourceOptions) -> None:
        """Datasets and models, which the API writes and the worker reads."""
        storage = self.on.storage
        core.v1.PersistentVolumeClaim(
            SHARED,
            metadata=meta.v1.ObjectMetaArgs(
                name=SHARED,
                namespace=self.namespaces.prefix,
                labels={PART_OF_LABEL: PART_OF},
                # Many classes bind a claim when its first pod comes, which waits for this one.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=[storage.shared_access],
                storage_class_name=storage.shared_class or None,
                resources=core.v1.VolumeResourceRequirementsArgs(
                    requests={"storage": f"{storage.shared_gib}Gi"}
                ),
            ),
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(protect=self.on.protect)
            ),
        )

    def _declare(self, item: Service | Job, after: list[pulumi.Resource]) -> pulumi.Resource:
        opts = pulumi.ResourceOptions(provider=self.provider, depends_on=after)
        if isinstance(item, Job):
            return Task(
                item.name,
                TaskArgs(
                    job=item,
                    placement=self.placement,
                    network=self.network,
                    version=json.dumps({n: self.cluster.versions.get(n) for n in item.source}),
                ),
                opts,
            ).done
        # What the replicas of a service follow, its size must not change as well.
        vertical = self.on.vertical
        if item.scaling.load_query and vertical not in {"none", "Off"}:
            vertical = "Off"
        return Workload(
            item.name,
            WorkloadArgs(
                service=item,
                placement=self.placement,
                network=self.network,
                scaler=Scaler(
                    keda=self.on.scaling == "keda",
                    prometheus_url=f"http://{self._prometheus()}",
                    has_tolerance=self.on.hpa_tolerance,
                ),
                vertical=vertical,
                storage_class=self.on.storage.storage_class,
                protect=self.on.protect and item.volume_gib > 0,
            ),
            opts,
        ).ready

    def _prometheus(self) -> str:
        described = next(s for s in self.catalogue.services if s.name == prometheus.NAME)
        namespace = self.namespaces.of(described.tier)
        return f"{described.name}.{namespace}.svc:{described.ports[0].number}"

    def _edge(self, after: list[pulumi.Resource]) -> None:
        opts = pulumi.ResourceOptions(provider=self.provider, depends_on=after)
        Gateway(
            "edge",
            GatewayArgs(
                domain=self.on.domain,
                edge=self.on.edge,
                network=self.network,
                max_upload_mib=self.settings.api.max_upload_mib,
            ),
            opts,
        )
        Certificate(
            "certificate",
            CertificateArgs(
                domain=self.on.domain, namespace=self.namespaces.edge, edge=self.on.edge
            ),
            opts,
        )

    def _outputs(self) -> Platform:
        url = f"https://{self.on.domain}"
        return Platform(url=url, addresses={"dashboard": f"{url}/", "api": f"{url}/api/docs"})
