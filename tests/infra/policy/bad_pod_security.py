"""Resources that Pod Security `restricted` refuses."""

from tests.infra.policy.spoiling import ABSENT, Bad

__all__ = ["CASES"]

API = "Deployment shop/api"
STORE = "StatefulSet shop/store"
CRON = "CronJob shop/report"
POD = "spec.template.spec"
CRON_POD = "spec.jobTemplate.spec.template.spec"
CONTAINER = "spec.template.spec.containers[0]"

CASES = (
    Bad(
        "restricted-host-namespaces",
        API,
        f"{POD}.hostNetwork",
        True,
        "found true; allowed: absent or false",
    ),
    Bad(
        "restricted-host-namespaces",
        CRON,
        f"{CRON_POD}.hostPID",
        True,
        "found true; allowed: absent or false",
    ),
    Bad(
        "restricted-host-namespaces",
        STORE,
        f"{POD}.hostIPC",
        True,
        "found true; allowed: absent or false",
    ),
    Bad(
        "restricted-host-ports",
        API,
        f"{CONTAINER}.ports[0].hostPort",
        8000,
        "found 8000; allowed: absent",
    ),
    Bad(
        "restricted-privileged",
        API,
        f"{POD}.initContainers[0].securityContext.privileged",
        True,
        "found true; allowed: absent or false",
    ),
    Bad(
        "restricted-host-process",
        API,
        f"{POD}.securityContext.windowsOptions",
        {"hostProcess": True},
        "found true; allowed: absent or false",
        at=f"{POD}.securityContext.windowsOptions.hostProcess",
    ),
    Bad(
        "restricted-volumes",
        API,
        f"{POD}.volumes[2]",
        {"name": "scratch", "hostPath": {"path": "/"}},
        'found {"path": "/"}; allowed: configMap or csi or downwardAPI or emptyDir or '
        "ephemeral or image or persistentVolumeClaim or projected or secret",
        at=f"{POD}.volumes[2].hostPath",
    ),
    Bad(
        "restricted-capabilities",
        API,
        f"{CONTAINER}.securityContext.capabilities.drop",
        ["NET_RAW"],
        'found ["NET_RAW"]; allowed: ["ALL"]',
    ),
    Bad(
        "restricted-capabilities",
        API,
        f"{CONTAINER}.securityContext.capabilities.add",
        ["NET_BIND_SERVICE", "SYS_ADMIN"],
        'found ["SYS_ADMIN"]; allowed: absent or NET_BIND_SERVICE',
    ),
    Bad(
        "restricted-privilege-escalation",
        CRON,
        f"{CRON_POD}.containers[0].securityContext.allowPrivilegeEscalation",
        ABSENT,
        "found nothing; allowed: false",
    ),
    Bad(
        "restricted-non-root",
        STORE,
        f"{POD}.securityContext.runAsNonRoot",
        ABSENT,
        "found nothing; allowed: true, here or for the pod",
        at=f"{CONTAINER}.securityContext.runAsNonRoot",
    ),
    Bad(
        "restricted-non-root",
        API,
        f"{CONTAINER}.securityContext.runAsNonRoot",
        False,
        "found false; allowed: true, here or for the pod",
    ),
    Bad(
        "restricted-user",
        API,
        f"{POD}.securityContext.runAsUser",
        0,
        "found 0; allowed: absent, or above 0",
    ),
    Bad(
        "restricted-seccomp",
        API,
        f"{POD}.securityContext.seccompProfile.type",
        "Unconfined",
        'found "Unconfined"; allowed: RuntimeDefault or Localhost',
    ),
    Bad(
        "restricted-seccomp",
        STORE,
        f"{POD}.securityContext.seccompProfile",
        ABSENT,
        "found nothing; allowed: RuntimeDefault or Localhost, here or for the pod",
        at=f"{CONTAINER}.securityContext.seccompProfile.type",
    ),
    Bad(
        "restricted-apparmor",
        API,
        f"{CONTAINER}.securityContext.appArmorProfile",
        {"type": "Unconfined"},
        'found "Unconfined"; allowed: absent, RuntimeDefault or Localhost',
        at=f"{CONTAINER}.securityContext.appArmorProfile.type",
    ),
    Bad(
        "restricted-apparmor",
        API,
        "spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/api]",
        "unconfined",
        'found "unconfined"; allowed: runtime/default or localhost/*',
    ),
    Bad(
        "restricted-selinux",
        API,
        f"{POD}.securityContext.seLinuxOptions",
        {"type": "spc_t"},
        'found "spc_t"; allowed: absent or container_t or container_init_t or '
        "container_kvm_t or container_engine_t",
        at=f"{POD}.securityContext.seLinuxOptions.type",
    ),
    Bad(
        "restricted-selinux",
        API,
        f"{CONTAINER}.securityContext.seLinuxOptions",
        {"user": "root"},
        'found "root"; allowed: absent',
        at=f"{CONTAINER}.securityContext.seLinuxOptions.user",
    ),
    Bad(
        "restricted-proc-mount",
        API,
        f"{CONTAINER}.securityContext.procMount",
        "Unmasked",
        'found "Unmasked"; allowed: absent or Default',
    ),
    Bad(
        "restricted-sysctls",
        API,
        f"{POD}.securityContext.sysctls",
        [{"name": "kernel.msgmax", "value": "1"}],
        'found "kernel.msgmax"; allowed: kernel.shm_rmid_forced or '
        "net.ipv4.ip_local_port_range or net.ipv4.ip_local_reserved_ports or "
        "net.ipv4.ip_unprivileged_port_start or net.ipv4.ping_group_range or "
        "net.ipv4.tcp_fin_timeout or net.ipv4.tcp_keepalive_intvl or "
        "net.ipv4.tcp_keepalive_probes or net.ipv4.tcp_keepalive_time or "
        "net.ipv4.tcp_notsent_lowat or net.ipv4.tcp_rmem or "
        "net.ipv4.tcp_slow_start_after_idle or net.ipv4.tcp_syncookies or "
        "net.ipv4.tcp_wmem",
        at=f"{POD}.securityContext.sysctls[0].name",
    ),
    Bad(
        "restricted-probe-hosts",
        API,
        f"{CONTAINER}.readinessProbe.httpGet.host",
        "10.0.0.1",
        'found "10.0.0.1"; allowed: absent',
    ),
    Bad(
        "restricted-probe-hosts",
        API,
        f"{CONTAINER}.lifecycle.preStop",
        {"httpGet": {"host": "169.254.169.254", "port": "http"}},
        'found "169.254.169.254"; allowed: absent',
        at=f"{CONTAINER}.lifecycle.preStop.httpGet.host",
    ),
)
