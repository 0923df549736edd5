"""What a cluster lacks for a stack, found out before any resource is created.

`survey` only reads, and asks reviews that the API server keeps nothing of. What it calls a problem
would stop the engine halfway or leave pods that never start; a hint is what cannot be known from
here, or works worse than it could.

Not promised: that an `up` succeeds. Quotas, node sizes and image pulls show only then.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from infra.findings import Finding
from infra.kubernetes import features
from infra.kubernetes.api_server import ApiServer, UnreachableError
from infra.kubernetes.apis import wrong_apis
from infra.kubernetes.kubeconfig import Kubeconfig
from infra.kubernetes.ownership import foreign_namespaces
from infra.kubernetes.permissions import RELEASES, Right, missing_rights
from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.storage import wrong_storage

__all__ = ["MINIMUM_VERSION", "Survey", "survey"]

# The oldest that the releases in the table are tested with by their projects.
MINIMUM_VERSION = (1, 31)
IDENTITY = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
NOBODY = "system:anonymous"
ROLE = "autoserve-operator"

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was found. With a problem, nothing must be created."""

    problems: tuple[Finding, ...] = ()
    hints: tuple[Finding, ...] = ()


def survey(kubeconfig: Kubeconfig, settings: ClusterSettings) -> Survey:
    """Look at the cluster of a stack; an unreachable one is a problem like any other."""
    try:
        with closing(ApiServer(kubeconfig)) as server:
            return _survey(server, settings)
    except UnreachableError as exc:
        mend = f"start the cluster or correct the context, then try: {kubeconfig.kubectl} version"
        return Survey(problems=(Finding(what=str(exc), mend=mend),))


def _survey(server: ApiServer, settings: ClusterSettings) -> Survey:
    user = _user(server)
    if user is None:
        return Survey(problems=(_unknown_user(server.kubeconfig, server.complaints),))
    version = _version(server)
    if version < MINIMUM_VERSION:
        return Survey(problems=(_too_old(version),))
    served = features.has_tolerance(server, version)
    problems = (
        *_permissions(missing_rights(server, settings), user, settings),
        *foreign_namespaces(server, settings),
        *wrong_apis(server, settings),
        *wrong_storage(server, settings),
        *features.wrong_tolerance(settings, served=served),
        *features.wrong_vertical(server, settings),
    )
    hints = (
        *features.unused_tolerance(settings, served=served),
        *features.network_policies(server),
        *features.nodes(server, settings),
    )
    return Survey(problems=problems, hints=hints)


def _user(server: ApiServer) -> str | None:
    """Whom the API server takes us for; None where it refuses, or takes us for nobody."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    status = server.post(IDENTITY, review).body.get("status")
    # A refusal has the text "Failure" in that place.
    name = status.get("userInfo", {}).get("username") if isinstance(status, dict) else None
    return None if name in (None, NOBODY) else str(name)


def _unknown_user(kubeconfig: Kubeconfig, complaints: list[str]) -> Finding:
    why = f" ({'; '.join(complaints)})" if complaints else ""
    return Finding(
        what=f"the API server {kubeconfig.server} does not accept the credentials of user "
        f"{kubeconfig.user!r} of {kubeconfig.path}{why}",
        mend=f"renew them, then try: {kubeconfig.kubectl} auth whoami",
    )


def _version(server: ApiServer) -> tuple[int, int]:
    """Major and minor; providers write ``31+`` and the like. (0, 0) where it is not told."""
    said = server.get("/version").body
    numbers = [re.match(r"\d+", str(said.get(part, ""))) for part in ("major", "minor")]
    major, minor = (int(number[0]) if number else 0 for number in numbers)
    return major, minor


def _too_old(version: tuple[int, int]) -> Finding:
    found, oldest = (".".join(map(str, each)) for each in (version, MINIMUM_VERSION))
    return Finding(
        what=f"the cluster runs Kubernetes {found}; allowed: {oldest} or newer",
        mend="upgrade the cluster, or name another one in autoserve:cluster.context",
    )


def _permissions(denied: list[Right], user: str, settings: ClusterSettings) -> Iterator[Finding]:
    """One finding, since one command mends all of it."""
    if not denied:
        return
    places = [
        f"{f'in namespace {place}' if place else 'in the cluster'}: {_by_verbs(rights)}"
        for place, rights in _grouped(denied, lambda right: right.namespace).items()
    ]
    what = "\n".join([f"user {user!r} may not", *places])
    yield Finding(what=what, mend=_grant(denied, user, settings))


def _by_verbs(denied: list[Right]) -> str:
    """Kinds for which the same verbs are denied are told together."""
    verbs_of = {
        kind: ", ".join(right.verb for right in rights)
        for kind, rights in _grouped(denied, lambda right: str(right.kind)).items()
    }
    return "; ".join(
        f"{verbs} {', '.join(kinds)}"
        for verbs, kinds in _grouped(list(verbs_of), lambda kind: verbs_of[kind]).items()
    )


def _grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _grant(denied: list[Right], user: str, settings: ClusterSettings) -> str:
    """The command by which an administrator lets the user do all of that."""
    binding = f"kubectl create clusterrolebinding {ROLE} --user={shlex.quote(user)}"
    if any(right.kind in RELEASES for right in denied):
        # Nobody may grant what they may not do, and the releases' own roles grant nearly all.
        without = []
        if settings.install:
            without.append(
                "leave the releases to the administrator: "
                "pulumi config set --path autoserve:cluster.install []"
            )
        if settings.container_usage:
            without.append(
                "do without recommended resources: "
                "pulumi config set --path autoserve:cluster.containerUsage false"
            )
        admin = f"as an administrator: {binding} --clusterrole=cluster-admin"
        return f"{admin}; or {', and '.join(without)}"
    verbs = ",".join(dict.fromkeys(right.verb for right in denied))
    kinds = ",".join(dict.fromkeys(str(right.kind) for right in denied))
    role = f"kubectl create clusterrole {ROLE} --verb={verbs} --resource={kinds}"
    return f"as an administrator: {role} && {binding} --clusterrole={ROLE}"
