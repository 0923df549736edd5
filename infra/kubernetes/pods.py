"""The pod of a service or a job: one way for all of them.

Every pod meets Pod Security `restricted`, has a read-only root file system, requests and limits,
and a token only where its description asks for access. What a container may write to is a volume
with a size.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta

from infra.kubernetes.names import Namespaces, labels, selector
from infra.kubernetes.templates import (
    CONFIGURATION,
    DATA,
    RUN,
    SCRATCH,
    SHARED,
    Templates,
    texts,
)
from infra.services.description import Job, Port, Probe, Service
from infra.settings import Resources
from infra.templates import holds, holds_secret

__all__ = ["Configuration", "Placement", "pod_template", "termination_s"]

PRE_STOP_S = 5  # until every proxy has heard that the pod gets no more work
MARGIN_S = 5  # between the end of the drain and the kill
PROBE_PERIOD_S = 5
SCRATCH_LIMIT = "2Gi"
SMALL_LIMIT = "64Mi"
SHARED_CLAIM = "shared"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Names of the objects that hold what a pod is configured with, "" for none.

    Attributes:
        files: a ConfigMap; its keys are file names.
        secret: a Secret; its keys are variables and file names.
    """

    files: pulumi.Input[str] | None = None
    secret: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What all pods of a stack share.

    Attributes:
        images: reference of an image by its name in the table.
        pull_secret: name of the Secret that may pull them, "" where they are public.
        node_labels: labels that a node must have.
    """

    templates: Templates
    namespaces: Namespaces
    images: Mapping[str, str]
    pull_secret: str
    node_labels: Mapping[str, str]


def pod_template(
    item: Service | Job,
    *,
    placement: Placement,
    configuration: Configuration,
    annotations: Mapping[str, str] | None = None,
) -> core.v1.PodTemplateSpecArgs:
    """The template of an item's pods."""
    is_service = isinstance(item, Service)
    account = item.account
    pull = placement.pull_secret
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(
            labels=labels(item.name), annotations=dict(annotations) if annotations else None
        ),
        spec=core.v1.PodSpecArgs(
            service_account_name=item.name,
            automount_service_account_token=bool(item.access),
            enable_service_links=False,
            priority_class_name=(
                placement.namespaces.of(item.tier)
                if isinstance(item, Service)
                else placement.namespaces.prefix
            ),
            image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=pull)] if pull else None,
            security_context=core.v1.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=account,
                run_as_group=account,
                fs_group=account,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            affinity=_affinity(placement.node_labels),
            topology_spread_constraints=_spread(item.name) if is_service else None,
            termination_grace_period_seconds=termination_s(item),
            restart_policy="Always" if is_service else "Never",
            init_containers=_preparations(item, placement, configuration),
            containers=[_container(item, placement, configuration)],
            volumes=_volumes(item, configuration),
        ),
    )


def termination_s(item: Service | Job) -> int:
    """Seconds from asking a pod to end until it is killed: pause, drain and a margin."""
    if isinstance(item, Job):
        return 30
    return PRE_STOP_S + math.ceil(item.drain_s) + MARGIN_S


def _container(
    item: Service | Job, placement: Placement, configuration: Configuration
) -> core.v1.ContainerArgs:
    fill = placement.templates
    return core.v1.ContainerArgs(
        name=item.name,
        image=placement.images[item.image],
        command=[fill.plain(item, part) for part in item.command],
        env=_environment(item, fill, configuration),
        ports=_ports(item.ports) if isinstance(item, Service) else None,
        resources=_resources(item.resources),
        security_context=_confined(),
        volume_mounts=_mounts(item),
        lifecycle=core.v1.LifecycleArgs(
            pre_stop=core.v1.LifecycleHandlerArgs(sleep=core.v1.SleepActionArgs(seconds=PRE_STOP_S))
        )
        if isinstance(item, Service)
        else None,
        # The last lines of a container that failed reach whoever asks why.
        termination_message_policy="FallbackToLogsOnError",
        startup_probe=_startup(item),
        readiness_probe=_readiness(item),
        liveness_probe=_liveness(item),
    )


def _preparations(
    item: Service | Job, placement: Placement, configuration: Configuration
) -> list[core.v1.ContainerArgs] | None:
    """What makes an empty volume usable; skipped where it has been done."""
    if not isinstance(item, Service) or item.preparation is None:
        return None
    fill, preparation = placement.templates, item.preparation
    script = '[ -e "$1" ] || { shift; exec "$@"; }'
    return [
        core.v1.ContainerArgs(
            name="prepare",
            image=placement.images[item.image],
            command=["sh", "-c", script, "prepare", fill.plain(item, preparation.creates)]
            + [fill.plain(item, part) for part in preparation.command],
            env=_environment(item, fill, configuration),
            resources=_resources(item.resources),
            security_context=_confined(),
            volume_mounts=_mounts(item),
            termination_message_policy="FallbackToLogsOnError",
        )
    ]


def _environment(
    item: Service | Job, fill: Templates, configuration: Configuration
) -> list[core.v1.EnvVarArgs] | None:
    variables: list[core.v1.EnvVarArgs] = []
    for name, text in sorted(item.environment.items()):
        if holds_secret(text):
            reference = core.v1.SecretKeySelectorArgs(name=configuration.secret, key=name)
            source = core.v1.EnvVarSourceArgs(secret_key_ref=reference)
            variables.append(core.v1.EnvVarArgs(name=name, value_from=source))
        else:
            variables.append(core.v1.EnvVarArgs(name=name, value=fill.plain(item, text)))
    return variables or None


def _ports(ports: tuple[Port, ...]) -> list[core.v1.ContainerPortArgs]:
    return [core.v1.ContainerPortArgs(name=port.name, container_port=port.number) for port in ports]


def _startup(item: Service | Job) -> core.v1.ProbeArgs | None:
    if isinstance(item, Job):
        return None
    failures = max(1, math.ceil(item.probe.deadline_s / 2))
    return _probe(item.probe, path=item.startup or item.probe.path, period_s=2, failures=failures)


def _readiness(item: Service | Job) -> core.v1.ProbeArgs | None:
    if isinstance(item, Job):
        return None
    return _probe(item.probe, path=item.probe.path, period_s=PROBE_PERIOD_S, failures=2)


def _liveness(item: Service | Job) -> core.v1.ProbeArgs | None:
    """Asks a path that looks at the process alone, slowly and patiently.

    A store that is away makes a pod unready, and never starts it anew.
    """
    if isinstance(item, Job) or not item.liveness:
        return None
    return _probe(item.probe, path=item.liveness, period_s=10, failures=6, timeout_s=5)


def _probe(
    probe: Probe, *, path: str, period_s: int, failures: int, timeout_s: int = 3
) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=probe.port) if path else None,
        tcp_socket=None if path else core.v1.TCPSocketActionArgs(port=probe.port),
        period_seconds=period_s,
        timeout_seconds=timeout_s,
        failure_threshold=failures,
    )


def _resources(resources: Resources) -> core.v1.ResourceRequirementsArgs:
    limits = {"memory": f"{resources.memory_limit_mib}Mi"}
    if resources.cpu_limit_m:
        limits["cpu"] = f"{resources.cpu_limit_m}m"
    return core.v1.ResourceRequirementsArgs(
        requests={
            "cpu": f"{resources.cpu_request_m}m",
            "memory": f"{resources.memory_request_mib}Mi",
        },
        limits=limits,
    )


def _confined() -> core.v1.SecurityContextArgs:
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def _uses(item: Service | Job, folder: str) -> bool:
    return any(holds(text, "dir", folder) for text in texts(item))


def _mounts(item: Service | Job) -> list[core.v1.VolumeMountArgs]:
    paths = {"tmp": "/tmp"}  # noqa: S108 - a volume of the pod's own
    if item.files:
        paths["configuration"] = CONFIGURATION
    folders = {"run": RUN, "scratch": SCRATCH, "shared": SHARED, "data": DATA}
    paths |= {folder: path for folder, path in folders.items() if _uses(item, folder)}
    return [
        core.v1.VolumeMountArgs(
            name=name, mount_path=path, read_only=True if name == "configuration" else None
        )
        for name, path in paths.items()
    ]


def _volumes(item: Service | Job, configuration: Configuration) -> list[core.v1.VolumeArgs]:
    """All but ``data``, which a StatefulSet claims for each replica."""
    volumes = [_scratch("tmp", SMALL_LIMIT)]
    if item.files:
        volumes.append(_configuration(item, configuration))
    if _uses(item, "run"):
        volumes.append(_scratch("run", SMALL_LIMIT))
    if _uses(item, "scratch"):
        volumes.append(_scratch("scratch", SCRATCH_LIMIT))
    if _uses(item, "shared"):
        claim = core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=SHARED_CLAIM)
        volumes.append(core.v1.VolumeArgs(name="shared", persistent_volume_claim=claim))
    return volumes


def _scratch(name: str, limit: str) -> core.v1.VolumeArgs:
    return core.v1.VolumeArgs(
        name=name, empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit=limit)
    )


def _configuration(item: Service | Job, configuration: Configuration) -> core.v1.VolumeArgs:
    """One folder of files, some from a ConfigMap and those with a secret from a Secret."""
    secret_files = [name for name, text in sorted(item.files.items()) if holds_secret(text)]
    sources: list[core.v1.VolumeProjectionArgs] = []
    if len(secret_files) < len(item.files):
        files = core.v1.ConfigMapProjectionArgs(name=configuration.files)
        sources.append(core.v1.VolumeProjectionArgs(config_map=files))
    if secret_files:
        secret = core.v1.SecretProjectionArgs(
            name=configuration.secret,
            items=[core.v1.KeyToPathArgs(key=name, path=name) for name in secret_files],
        )
        sources.append(core.v1.VolumeProjectionArgs(secret=secret))
    return core.v1.VolumeArgs(
        name="configuration",
        projected=core.v1.ProjectedVolumeSourceArgs(sources=sources, default_mode=0o440),
    )


def _affinity(node_labels: Mapping[str, str]) -> core.v1.AffinityArgs:
    wanted = {"kubernetes.io/os": "linux", **node_labels}
    expressions = [
        core.v1.NodeSelectorRequirementArgs(key=key, operator="In", values=[value])
        for key, value in sorted(wanted.items())
    ]
    return core.v1.AffinityArgs(
        node_affinity=core.v1.NodeAffinityArgs(
            required_during_scheduling_ignored_during_execution=core.v1.NodeSelectorArgs(
                node_selector_terms=[core.v1.NodeSelectorTermArgs(match_expressions=expressions)]
            )
        )
    )


def _spread(name: str) -> list[core.v1.TopologySpreadConstraintArgs]:
    """Over nodes and zones as far as it goes; a full node must not keep a replica from starting."""
    return [
        core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.v1.LabelSelectorArgs(match_labels=selector(name)),
        )
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]
