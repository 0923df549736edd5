"""Names that lead nowhere or are none."""

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
        "reference-config-map",
        API,
        f"{POD}.volumes[0].configMap.name",
        "files",
        'found "files"; allowed: api-files',
    ),
    Bad(
        "reference-config-map",
        API,
        f"{CONTAINER}.env[3].valueFrom.configMapKeyRef.key",
        "app.yaml",
        'found "app.yaml"; allowed: a key of api-files (ACCESS_TOKEN_TTL_S, app.ini)',
    ),
    Bad(
        "reference-config-map",
        API,
        f"{CONTAINER}.envFrom[0].configMapRef.name",
        "settings",
        'found "settings"; allowed: api-files',
    ),
    Bad(
        "reference-secret",
        API,
        f"{CONTAINER}.env[1].valueFrom.secretKeyRef.key",
        "token",
        'found "token"; allowed: a key of api-secrets (password)',
    ),
    Bad(
        "reference-secret",
        API,
        f"{POD}.volumes[1].secret.items[0].key",
        "token",
        'found "token"; allowed: a key of api-secrets (password)',
    ),
    Bad(
        "reference-secret",
        API,
        f"{POD}.volumes[1]",
        {"name": "secrets", "projected": {"sources": [{"secret": {"name": "keys"}}]}},
        'found "keys"; allowed: api-secrets',
        at=f"{POD}.volumes[1].projected.sources[0].secret.name",
    ),
    Bad(
        "reference-claim",
        API,
        f"{POD}.volumes[3].persistentVolumeClaim.claimName",
        "data",
        'found "data"; allowed: shared',
    ),
    Bad(
        "reference-service-account",
        CRON,
        f"{CRON_POD}.serviceAccountName",
        "report",
        'found "report"; allowed: api or store',
    ),
    Bad(
        "reference-priority-class",
        API,
        f"{POD}.priorityClassName",
        "high",
        'found "high"; allowed: serving or system-cluster-critical or system-node-critical',
    ),
    Bad(
        "reference-volume",
        STORE,
        f"{CONTAINER}.volumeMounts[0].name",
        "date",
        'found "date"; allowed: data',
    ),
    Bad(
        "reference-port",
        API,
        f"{CONTAINER}.readinessProbe.httpGet.port",
        "admin",
        'found "admin"; allowed: http or metrics or 8000 or 9000',
    ),
    Bad(
        "reference-port",
        API,
        f"{CONTAINER}.lifecycle.preStop",
        {"httpGet": {"port": 9999}},
        "found 9999; allowed: http or metrics or 8000 or 9000",
        at=f"{CONTAINER}.lifecycle.preStop.httpGet.port",
    ),
    Bad(
        "reference-governing-service",
        STORE,
        "spec.serviceName",
        "api",
        'found "api"; allowed: store',
    ),
    Bad(
        "reference-scale-target",
        "ScaledObject shop/api",
        "spec.scaleTargetRef.name",
        "apis",
        'found "apis"; allowed: api',
    ),
    Bad(
        "reference-scale-target",
        "VerticalPodAutoscaler shop/api",
        "spec.targetRef.kind",
        "StatefulSet",
        'found "api"; allowed: store',
        at="spec.targetRef.name",
    ),
    Bad(
        "reference-trigger-authentication",
        "ScaledObject shop/api",
        "spec.triggers[1].authenticationRef.name",
        "store",
        'found "store"; allowed: redis',
    ),
    Bad(
        "reference-issuer",
        "Certificate shop/edge",
        "spec.issuerRef",
        {"kind": "ClusterIssuer", "name": "letsencrypt"},
        'found "letsencrypt"; allowed: a declared ClusterIssuer',
        at="spec.issuerRef.name",
    ),
    Bad(
        "reference-admission-policy",
        "ValidatingAdmissionPolicyBinding images-of-shop",
        "spec.policyName",
        "images",
        'found "images"; allowed: images-of-shop',
    ),
    Bad(
        "name-valid",
        "Service shop/api",
        "metadata.name",
        "Api_1",
        'found "Api_1"; allowed: at most 63 of a-z, 0-9 and -',
        on="Service shop/Api_1",
    ),
    Bad(
        "name-valid",
        CRON,
        "metadata.name",
        "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr",
        'found "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"; allowed: at most '
        "51 of a-z, 0-9 and -",
        on="CronJob shop/rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr",
    ),
    Bad(
        "name-label",
        API,
        "spec.template.metadata.labels.version",
        "a/b",
        'found "a/b"; allowed: [prefix/]name: value, each of at most 63 letters, digits, '
        "-, . and _",
        at="spec.template.metadata.labels[version]",
    ),
    Bad(
        "name-port",
        API,
        f"{CONTAINER}.ports[0].name",
        "http-of-the-web-api",
        'found "http-of-the-web-api"; allowed: at most 15 of a-z, 0-9 and -',
    ),
    Bad(
        "name-port",
        "Service shop/api",
        "spec.ports[1].name",
        ABSENT,
        "found nothing; allowed: a name, where ports are many",
    ),
    Bad(
        "name-unique",
        "ConfigMap shop/api-files",
        "",
        "",
        'found "api-files"; allowed: a name not used yet',
        at="metadata.name",
        copy="api-files",
    ),
)
