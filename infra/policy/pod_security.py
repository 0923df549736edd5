"""Pod Security ``restricted``, check by check, as of its version 1.37.

The relaxations that the standard grants to Windows pods and to pods in a user namespace are not
taken: every pod here is held to the whole of it.

Source: kubernetes.io/docs/concepts/security/pod-security-standards; the fields and values are those
of the admission plug-in's checks (k8s.io/pod-security-admission, package policy).
"""

from collections.abc import Iterator
from typing import Any

from infra.policy.manifests import Container, Pod, dig, entries, mapping, words
from infra.policy.pod_rule import container_rule, in_container, in_pod, pod_rule
from infra.policy.rule import Violation

__all__ = ["RULES"]

VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
SELINUX_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")
PROFILES = ("RuntimeDefault", "Localhost")
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


@pod_rule(
    "restricted-host-namespaces",
    meaning="No pod shares a namespace of its node (network, processes, IPC).",
    remedy="Leave hostNetwork, hostPID and hostIPC out.",
)
def host_namespaces(pod: Pod) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field):
            yield in_pod(pod, field, pod.spec[field], "absent or false")


@container_rule(
    "restricted-host-ports",
    meaning="No container takes a port of its node.",
    remedy="Leave hostPort out; a Service gives the port an address.",
)
def host_ports(container: Container) -> Iterator[Violation]:
    for path, port in entries(container.spec, "ports"):
        if port.get("hostPort"):
            yield in_container(container, f"{path}.hostPort", port["hostPort"], "absent")


@container_rule(
    "restricted-privileged",
    meaning="No container is privileged.",
    remedy="Leave securityContext.privileged out.",
)
def privileged(container: Container) -> Iterator[Violation]:
    field = ("securityContext", "privileged")
    if found := dig(container.spec, *field):
        yield in_container(container, ".".join(field), found, "absent or false")


@pod_rule(
    "restricted-host-process",
    meaning="No container runs as a process of a Windows node.",
    remedy="Leave windowsOptions.hostProcess out.",
)
def host_process(pod: Pod) -> Iterator[Violation]:
    for violation in _contexts(pod, "windowsOptions", "hostProcess"):
        if violation.found:
            yield violation._replace(allowed="absent or false")


@pod_rule(
    "restricted-volumes",
    meaning="Volumes come from the cluster's own kinds, never from the node or a raw network disk.",
    remedy="Use a claim, an emptyDir, a ConfigMap, a Secret or a projected volume.",
)
def volumes(pod: Pod) -> Iterator[Violation]:
    for path, volume in entries(pod.spec, "volumes"):
        # A volume without a source is an emptyDir.
        source = next((key for key in sorted(volume) if key != "name"), "")
        if source and source not in VOLUMES:
            yield in_pod(pod, f"{path}.{source}", volume[source], " or ".join(VOLUMES))


@container_rule(
    "restricted-capabilities",
    meaning="Containers drop all capabilities, and add none but NET_BIND_SERVICE.",
    remedy='Set securityContext.capabilities to {drop: ["ALL"]}.',
)
def capabilities(container: Container) -> Iterator[Violation]:
    found = mapping(dig(container.spec, "securityContext", "capabilities"))
    if "ALL" not in words(found.get("drop")):
        field = "securityContext.capabilities.drop"
        yield in_container(container, field, found.get("drop"), '["ALL"]')
    added = [name for name in words(found.get("add")) if name != "NET_BIND_SERVICE"]
    if added:
        field = "securityContext.capabilities.add"
        yield in_container(container, field, added, "absent or NET_BIND_SERVICE")


@container_rule(
    "restricted-privilege-escalation",
    meaning="No process of a container may gain more rights than its parent.",
    remedy="Set securityContext.allowPrivilegeEscalation to false.",
)
def privilege_escalation(container: Container) -> Iterator[Violation]:
    field = ("securityContext", "allowPrivilegeEscalation")
    if (found := dig(container.spec, *field)) is not False:
        yield in_container(container, ".".join(field), found, "false")


@pod_rule(
    "restricted-non-root",
    meaning="Every container is refused by the kubelet if its image would run as root.",
    remedy="Set securityContext.runAsNonRoot to true, for the pod or for each container.",
)
def non_root(pod: Pod) -> Iterator[Violation]:
    field = ("securityContext", "runAsNonRoot")
    of_pod = dig(pod.spec, *field)
    if of_pod is False:
        yield in_pod(pod, ".".join(field), of_pod, "true")
    for container in pod.containers():
        found = dig(container.spec, *field)
        if found is False or (found is None and of_pod is None):
            yield in_container(container, ".".join(field), found, "true, here or for the pod")


@pod_rule(
    "restricted-user",
    meaning="No container runs as user 0.",
    remedy="Set securityContext.runAsUser to a number above 0, or leave it to the image.",
)
def user(pod: Pod) -> Iterator[Violation]:
    for violation in _contexts(pod, "runAsUser"):
        if violation.found == 0:
            yield violation._replace(allowed="absent, or above 0")


@pod_rule(
    "restricted-seccomp",
    meaning="System calls of every container are filtered.",
    remedy="Set securityContext.seccompProfile.type to RuntimeDefault for the pod.",
)
def seccomp(pod: Pod) -> Iterator[Violation]:
    field, allowed = ("securityContext", "seccompProfile", "type"), " or ".join(PROFILES)
    of_pod = dig(pod.spec, *field)
    if of_pod is not None and of_pod not in PROFILES:
        yield in_pod(pod, ".".join(field), of_pod, allowed)
    for container in pod.containers():
        found = dig(container.spec, *field)
        if (found or of_pod) is None or (found is not None and found not in PROFILES):
            yield in_container(container, ".".join(field), found, f"{allowed}, here or for the pod")


@pod_rule(
    "restricted-apparmor",
    meaning="No container turns off its AppArmor profile.",
    remedy="Leave appArmorProfile out, or name RuntimeDefault or Localhost.",
)
def apparmor(pod: Pod) -> Iterator[Violation]:
    for violation in _contexts(pod, "appArmorProfile", "type"):
        if violation.found not in PROFILES:
            yield violation._replace(allowed=f"absent, {' or '.join(PROFILES)}")
    prefix = f"{pod.template}.metadata" if pod.template else "metadata"
    for name, value in mapping(pod.metadata.get("annotations")).items():
        if name.startswith(APPARMOR_ANNOTATION) and not _is_apparmor_default(value):
            where = f"{prefix}.annotations[{name}]"
            yield Violation(pod.manifest, where, value, "runtime/default or localhost/*")


@pod_rule(
    "restricted-selinux",
    meaning="No container chooses its SELinux user or role, or a type that is not a container's.",
    remedy="Leave seLinuxOptions out.",
)
def selinux(pod: Pod) -> Iterator[Violation]:
    for part in ("user", "role", "type"):
        for violation in _contexts(pod, "seLinuxOptions", part):
            if violation.found and not (part == "type" and violation.found in SELINUX_TYPES):
                types = " or ".join(("absent", *(SELINUX_TYPES if part == "type" else ())))
                yield violation._replace(allowed=types)


@container_rule(
    "restricted-proc-mount",
    meaning="The masks of /proc stay on.",
    remedy="Leave securityContext.procMount out.",
)
def proc_mount(container: Container) -> Iterator[Violation]:
    field = ("securityContext", "procMount")
    if (found := dig(container.spec, *field)) not in (None, "Default"):
        yield in_container(container, ".".join(field), found, "absent or Default")


@pod_rule(
    "restricted-sysctls",
    meaning="Pods set none but the kernel parameters that reach no further than the pod.",
    remedy="Leave the parameter out; set it on the nodes where all pods may have it.",
)
def sysctls(pod: Pod) -> Iterator[Violation]:
    for path, sysctl in entries(pod.spec, "securityContext", "sysctls"):
        if sysctl.get("name") not in SYSCTLS:
            yield in_pod(pod, f"{path}.name", sysctl.get("name"), " or ".join(SYSCTLS))


@container_rule(
    "restricted-probe-hosts",
    meaning="Probes and lifecycle hooks call their own pod: the kubelet is nobody's proxy.",
    remedy="Leave host out; the kubelet uses the pod's address.",
)
def probe_hosts(container: Container) -> Iterator[Violation]:
    for handler in HANDLERS:
        for kind in ("httpGet", "tcpSocket"):
            field = (*handler, kind, "host")
            if found := dig(container.spec, *field):
                yield in_container(container, ".".join(field), found, "absent")


RULES = (
    host_namespaces,
    host_ports,
    privileged,
    host_process,
    volumes,
    capabilities,
    privilege_escalation,
    non_root,
    user,
    seccomp,
    apparmor,
    selinux,
    proc_mount,
    sysctls,
    probe_hosts,
)


def _contexts(pod: Pod, *path: str) -> Iterator[Violation]:
    """What stands at a path of the security contexts of a pod and its containers."""
    field = ("securityContext", *path)
    if (found := dig(pod.spec, *field)) is not None:
        yield in_pod(pod, ".".join(field), found, "")
    for container in pod.containers():
        if (found := dig(container.spec, *field)) is not None:
            yield in_container(container, ".".join(field), found, "")


def _is_apparmor_default(value: Any) -> bool:
    return value in ("", "runtime/default") or str(value).startswith("localhost/")
