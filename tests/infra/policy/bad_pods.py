"""Pods that are unsafe, greedy, careless about their ends, or of unknown origin."""

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
        "pod-read-only-root",
        API,
        f"{CONTAINER}.securityContext.readOnlyRootFilesystem",
        False,
        "found false; allowed: true",
    ),
    Bad(
        "pod-resources",
        API,
        f"{CONTAINER}.resources.limits",
        ABSENT,
        "found nothing; allowed: above 0",
        at=f"{CONTAINER}.resources.limits.memory",
    ),
    Bad(
        "pod-resources", API, f"{CONTAINER}.resources.requests.cpu", 0, "found 0; allowed: above 0"
    ),
    Bad(
        "pod-request-within-limit",
        API,
        f"{CONTAINER}.resources.requests.memory",
        "1Gi",
        'found "1Gi"; allowed: at most the limit, 256Mi',
    ),
    Bad(
        "pod-priority",
        API,
        f"{POD}.priorityClassName",
        ABSENT,
        "found nothing; allowed: the name of a PriorityClass",
    ),
    Bad(
        "pod-service-account",
        CRON,
        f"{CRON_POD}.serviceAccountName",
        "default",
        'found "default"; allowed: a ServiceAccount other than default',
    ),
    Bad(
        "pod-labels",
        API,
        "spec.template.metadata.labels[app.kubernetes.io/part-of]",
        ABSENT,
        "found nothing; allowed: a name",
    ),
    Bad(
        "pod-unique-names",
        API,
        f"{CONTAINER}.env[1]",
        {"name": "LOG_LEVEL", "value": "debug"},
        'found "LOG_LEVEL"; allowed: used once',
        at=f"{CONTAINER}.env[0].name",
    ),
    Bad(
        "pod-unique-names",
        API,
        f"{CONTAINER}.ports[1].name",
        "http",
        'found "http"; allowed: used once',
        at=f"{CONTAINER}.ports[0].name",
    ),
    Bad(
        "pod-unique-names",
        API,
        f"{POD}.initContainers[0].name",
        "api",
        'found "api"; allowed: used once',
    ),
    Bad(
        "pod-readiness",
        API,
        f"{CONTAINER}.readinessProbe",
        ABSENT,
        "found nothing; allowed: httpGet or tcpSocket or exec or grpc",
    ),
    Bad(
        "pod-startup",
        STORE,
        f"{CONTAINER}.startupProbe",
        {"periodSeconds": 5},
        'found {"periodSeconds": 5}; allowed: httpGet or tcpSocket or exec or grpc',
    ),
    Bad(
        "pod-liveness",
        API,
        f"{CONTAINER}.livenessProbe.httpGet.path",
        "/readyz",
        'found {"path": "/readyz", "port": "metrics"}; allowed: something that '
        "readinessProbe does not ask",
        at=f"{CONTAINER}.livenessProbe.httpGet",
    ),
    Bad(
        "pod-liveness",
        STORE,
        f"{CONTAINER}.livenessProbe",
        {"tcpSocket": {"port": "redis"}},
        'found {"port": "redis"}; allowed: something that readinessProbe does not ask',
        at=f"{CONTAINER}.livenessProbe.tcpSocket",
    ),
    Bad(
        "pod-termination",
        API,
        f"{POD}.terminationGracePeriodSeconds",
        20,
        "found 20; allowed: above 20",
    ),
    Bad(
        "pod-termination",
        STORE,
        f"{CONTAINER}.lifecycle",
        {"preStop": {"sleep": {"seconds": 30}}},
        "found 30; allowed: above 30",
        at=f"{POD}.terminationGracePeriodSeconds",
    ),
    Bad(
        "image-registry",
        API,
        f"{CONTAINER}.image",
        "redis:8.2.1",
        'found "redis:8.2.1"; allowed: host/path:tag',
    ),
    Bad(
        "image-registry",
        API,
        f"{CONTAINER}.image",
        "library/redis:8.2.1",
        'found "library/redis:8.2.1"; allowed: host/path:tag',
    ),
    Bad(
        "image-version",
        API,
        f"{CONTAINER}.image",
        "registry.example.com/shop/api:latest",
        'found "registry.example.com/shop/api:latest"; allowed: a tag other than latest, '
        "or a digest",
    ),
    Bad(
        "image-version",
        API,
        f"{CONTAINER}.image",
        "registry.example.com:5000/shop/api",
        'found "registry.example.com:5000/shop/api"; allowed: a tag other than latest, or a digest',
    ),
    Bad(
        "image-maintained",
        API,
        f"{CONTAINER}.image",
        "docker.io/bitnami/redis:7.4.0",
        'found "docker.io/bitnami/redis:7.4.0"; allowed: none of bitnami/, '
        "bitnamilegacy/, bitnamisecure/",
    ),
)
