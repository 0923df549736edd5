"""Rules that the API server holds whoever comes, by hand or by another tool.

They bind the namespaces of the platform only. Pod Security `restricted` is on those as well; these
are what it does not say.
"""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import admissionregistration, meta

from infra.kubernetes.names import NAMESPACE_LABEL, PART_OF, PART_OF_LABEL, Namespaces
from infra.services import scaler

__all__ = ["RULES", "Admission", "Rule"]

WORKLOADS = (
    ("apps", ("deployments", "statefulsets", "daemonsets", "replicasets")),
    ("batch", ("jobs",)),
    ("", ("pods",)),
)
CONTAINERS = (
    "(has(variables.pod.initContainers) ? variables.pod.initContainers : []) "
    "+ variables.pod.containers"
)
ACCOUNTS = ", ".join(
    f"'system:serviceaccount:' + request.namespace + ':{name}'"
    for name in (scaler.NAME, scaler.REAPER)
)
NOT_THE_SCALERS = (
    "spec.scaleTargetRef",
    "spec.maxReplicas",
    "spec.?metrics",
    "spec.?behavior",
    "metadata.?labels",
    "metadata.?ownerReferences",
    "metadata.?finalizers",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, in the Common Expression Language.

    Attributes:
        resources: API group and resources that it looks at.
        expression: true where an object is all right; ``variables.containers`` are all of a pod.
        message: what is wrong and what is allowed.
        edge: whether it holds in the edge's namespace, too.
        version: of the group's API, as which the expression reads an object.
    """

    name: str
    resources: tuple[tuple[str, tuple[str, ...]], ...]
    expression: str
    message: str
    edge: bool = True
    version: str = "v1"


RULES = (
    Rule(
        name="images",
        resources=WORKLOADS,
        expression=(
            "variables.containers.all(c, (c.image.contains('@sha256:') || "
            "c.image.matches('^[^/]+[.:][^/]*/.+:[^:/]+$')) && !c.image.endsWith(':latest') && "
            "!c.image.contains('/bitnami/'))"
        ),
        message=(
            "an image needs its registry's host and the tag of one version, or a digest; "
            "never latest, never bitnami/"
        ),
    ),
    Rule(
        name="resources",
        resources=WORKLOADS,
        expression=(
            "variables.containers.all(c, has(c.resources) && has(c.resources.requests) && "
            "'cpu' in c.resources.requests && 'memory' in c.resources.requests && "
            "has(c.resources.limits) && 'memory' in c.resources.limits)"
        ),
        message="a container needs requests of cpu and memory, and a limit of memory",
        edge=False,  # the gateway's controller leaves them to the namespace's defaults
    ),
    Rule(
        name="read-only",
        resources=WORKLOADS,
        expression=(
            "variables.containers.all(c, has(c.securityContext) && "
            "has(c.securityContext.readOnlyRootFilesystem) && "
            "c.securityContext.readOnlyRootFilesystem)"
        ),
        message="a container needs securityContext.readOnlyRootFilesystem: true",
        edge=False,
    ),
    Rule(
        name="exposure",
        resources=(("", ("services",)),),
        expression=(
            "(!has(object.spec.type) || object.spec.type == 'ClusterIP') && "
            "(!has(object.spec.externalIPs) || size(object.spec.externalIPs) == 0)"
        ),
        message="only the edge is public: a Service needs type ClusterIP and no externalIPs",
        edge=False,
    ),
    # Its Role cannot say which field it may patch: with another target it would scale anything, and
    # with an owner that does not exist an autoscaler is deleted.
    Rule(
        name="floor",
        resources=(("autoscaling", ("horizontalpodautoscalers",)),),
        version="v2",
        expression=(
            f"!(request.userInfo.username in [{ACCOUNTS}]) || ("
            + " && ".join(f"object.{field} == oldObject.{field}" for field in NOT_THE_SCALERS)
            + ")"
        ),
        message="the scaler changes minReplicas and annotations of an autoscaler, nothing else",
        edge=False,
    ),
)


class Admission(pulumi.ComponentResource):
    """The rules, bound to the namespaces of a stack."""

    def __init__(
        self, name: str, namespaces: Namespaces, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:platform:Admission", name, None, opts)
        self._namespaces = namespaces
        for rule in RULES:
            self._bind(rule, self._policy(rule))
        self.register_outputs({})

    def _metadata(self, rule: Rule) -> meta.v1.ObjectMetaArgs:
        # Cluster-wide objects carry the prefix, so that two stacks may share a cluster.
        return meta.v1.ObjectMetaArgs(
            name=f"{self._namespaces.prefix}-{rule.name}", labels={PART_OF_LABEL: PART_OF}
        )

    def _policy(self, rule: Rule) -> admissionregistration.v1.ValidatingAdmissionPolicy:
        v1 = admissionregistration.v1
        about_pods = rule.resources is WORKLOADS
        variables = [
            v1.VariableArgs(
                name="pod",
                expression="has(object.spec.template) ? object.spec.template.spec : object.spec",
            ),
            v1.VariableArgs(name="containers", expression=CONTAINERS),
        ]
        return v1.ValidatingAdmissionPolicy(
            f"admission-{rule.name}",
            metadata=self._metadata(rule),
            spec=v1.ValidatingAdmissionPolicySpecArgs(
                failure_policy="Fail",
                match_constraints=v1.MatchResourcesArgs(
                    resource_rules=[
                        v1.NamedRuleWithOperationsArgs(
                            api_groups=[group],
                            api_versions=[rule.version],
                            operations=["CREATE", "UPDATE"],
                            resources=list(resources),
                        )
                        for group, resources in rule.resources
                    ]
                ),
                variables=variables if about_pods else None,
                validations=[v1.ValidationArgs(expression=rule.expression, message=rule.message)],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _bind(
        self, rule: Rule, policy: admissionregistration.v1.ValidatingAdmissionPolicy
    ) -> admissionregistration.v1.ValidatingAdmissionPolicyBinding:
        v1 = admissionregistration.v1
        edge = self._namespaces.edge
        bound = [name for name in self._namespaces.all.values() if rule.edge or name != edge]
        expression = meta.v1.LabelSelectorRequirementArgs(
            key=NAMESPACE_LABEL, operator="In", values=bound
        )
        return v1.ValidatingAdmissionPolicyBinding(
            f"admission-{rule.name}",
            metadata=self._metadata(rule),
            spec=v1.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=f"{self._namespaces.prefix}-{rule.name}",
                validation_actions=["Deny"],
                match_resources=v1.MatchResourcesArgs(
                    namespace_selector=meta.v1.LabelSelectorArgs(match_expressions=[expression])
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
