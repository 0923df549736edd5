"""Rights that are too broad, namespaces without bounds, waivers without need."""

from tests.infra.policy.spoiling import ABSENT, Bad

__all__ = ["CASES"]

API = "Deployment shop/api"
CRON = "CronJob shop/report"
BINDING = "RoleBinding shop/store"
POD = "spec.template.spec"

CASES = (
    Bad(
        "pod-token",
        "ServiceAccount shop/api",
        "automountServiceAccountToken",
        ABSENT,
        "found nothing; allowed: false, since api is bound to no role",
        on="Deployment shop/api",
        at=f"{POD}.automountServiceAccountToken",
    ),
    Bad(
        "pod-token",
        API,
        f"{POD}.automountServiceAccountToken",
        True,
        "found true; allowed: false, since api is bound to no role",
    ),
    Bad(
        "rbac-wildcard",
        "Role shop/store",
        "rules[0].verbs",
        ["*"],
        'found ["*"]; allowed: names, without *',
    ),
    Bad(
        "rbac-wildcard",
        "Role shop/store",
        "rules[0].resources",
        ["*/scale"],
        'found ["*/scale"]; allowed: names, without *',
    ),
    Bad(
        "rbac-wildcard",
        "ClusterRole nodes-of-shop",
        "rules[0].apiGroups",
        ["*"],
        'found ["*"]; allowed: names, without *',
    ),
    Bad(
        "rbac-escalation",
        "Role shop/store",
        "rules[0].verbs",
        ["get", "impersonate"],
        'found ["impersonate"]; allowed: none of escalate, bind, impersonate',
    ),
    Bad(
        "rbac-escalation",
        "ClusterRole nodes-of-shop",
        "rules[0].resources",
        ["nodes/proxy"],
        'found ["nodes/proxy"]; allowed: none of serviceaccounts/token, pods/exec, '
        "pods/attach, nodes/proxy",
    ),
    Bad(
        "rbac-broad-role",
        "ClusterRoleBinding nodes-of-shop",
        "roleRef.name",
        "cluster-admin",
        'found "cluster-admin"; allowed: none of cluster-admin, admin, edit',
    ),
    Bad(
        "rbac-subject-named",
        BINDING,
        "subjects[0]",
        {"kind": "Group", "name": "system:serviceaccounts"},
        'found "system:serviceaccounts"; allowed: a ServiceAccount',
        at="subjects[0].name",
    ),
    Bad(
        "rbac-secrets",
        "ClusterRole nodes-of-shop",
        "rules[0].resources",
        ["nodes", "secrets"],
        'found ["get", "list", "watch"]; allowed: none of get, list, watch',
        at="rules[0].verbs",
    ),
    Bad("rbac-role-exists", BINDING, "roleRef.name", "stores", 'found "stores"; allowed: store'),
    Bad(
        "rbac-role-exists",
        "ClusterRoleBinding nodes-of-shop",
        "roleRef.name",
        "nodes",
        'found "nodes"; allowed: nodes-of-shop',
    ),
    Bad(
        "rbac-subject-exists",
        BINDING,
        "subjects[0].name",
        "stores",
        'found "stores"; allowed: api or store',
    ),
    Bad(
        "namespace-pod-security",
        "Namespace shop",
        "metadata.labels[pod-security.kubernetes.io/enforce]",
        "baseline",
        'found "baseline"; allowed: restricted',
    ),
    Bad(
        "namespace-default-deny",
        "NetworkPolicy shop/default-deny",
        "spec.policyTypes",
        ["Ingress"],
        "found nothing; allowed: one with podSelector {} that allows nothing",
        on="Namespace shop",
        at="NetworkPolicy",
    ),
    Bad(
        "namespace-default-deny",
        "NetworkPolicy shop/default-deny",
        "spec.ingress",
        [{}],
        "found nothing; allowed: one with podSelector {} that allows nothing",
        on="Namespace shop",
        at="NetworkPolicy",
    ),
    Bad(
        "namespace-quota",
        "ResourceQuota shop/quota",
        "spec.hard.pods",
        ABSENT,
        'found ["limits.memory", "requests.cpu"]; allowed: a quota of pods',
        on="Namespace shop",
        at="ResourceQuota",
    ),
    Bad(
        "namespace-limits",
        "LimitRange shop/limits",
        "spec.limits[0].default",
        ABSENT,
        "found nothing; allowed: one with defaults for containers",
        on="Namespace shop",
        at="LimitRange",
    ),
    Bad(
        "namespace-declared",
        CRON,
        "metadata.namespace",
        "reports",
        'found "reports"; allowed: shop',
        on="CronJob reports/report",
    ),
    Bad(
        "namespace-declared",
        "Service shop/api",
        "metadata.namespace",
        ABSENT,
        "found nothing; allowed: shop",
        on="Service default/api",
    ),
    Bad(
        "waiver-reason",
        "Service shop/api",
        "metadata.annotations[policy.autoserve.io/public-servise]",
        "the load balancer of the shop",
        'found "public-servise"; allowed: the id of a rule',
    ),
    Bad(
        "waiver-reason",
        "Service shop/api",
        "metadata.annotations[policy.autoserve.io/public-service]",
        "because",
        'found "because"; allowed: a reason of at least 15 characters',
    ),
    Bad(
        "waiver-needed",
        "Service shop/api",
        "metadata.annotations[policy.autoserve.io/public-service]",
        "the load balancer of the shop",
        'found "the load balancer of the shop"; allowed: absent: the rule holds here',
    ),
)
