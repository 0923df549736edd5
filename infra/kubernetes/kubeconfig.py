"""The kubeconfig of a stack: exactly the file and the context that its settings name.

Neither ``KUBECONFIG`` nor the file's current context is looked at, so that a stack never reaches
another cluster by accident. Only files are read here; whether the cluster answers is for
infra.kubernetes.survey to find out.
"""

import shlex
import shutil
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from infra.kubernetes.settings import ClusterSettings

__all__ = ["Kubeconfig", "KubeconfigError", "kubectl", "read_kubeconfig"]

FILE_KEY = "autoserve:cluster.kubeconfig"
CONTEXT_KEY = "autoserve:cluster.context"
FILES = {
    "cluster": ("certificate-authority",),
    "user": ("client-certificate", "client-key", "tokenFile"),
}


class KubeconfigError(ValueError):
    """A kubeconfig, or the context in it, cannot be used."""

    def __init__(self, key: str, *, found: str, allowed: str) -> None:
        super().__init__(f"{key}: found {found}; allowed: {allowed}")
        self.key, self.found, self.allowed = key, found, allowed


@dataclass(frozen=True, kw_only=True)
class Kubeconfig:
    """One context of one file, with what it leads to.

    Attributes:
        path: absolute, of the file.
        context: its name.
        cluster: name of the cluster in the file.
        user: name of the user in the file.
        server: URL of the API server.
    """

    path: Path
    context: str
    cluster: str
    user: str
    server: str

    @property
    def kubectl(self) -> str:
        """How to call kubectl for it."""
        return kubectl(self.path, self.context)


def read_kubeconfig(settings: "ClusterSettings") -> Kubeconfig:
    """Read the file of a stack and follow its context.

    Raises:
        KubeconfigError: there is no such file or context, or what it leads to is incomplete.
    """
    path = _path(settings.kubeconfig)
    document = _document(path)
    context = _context(document, settings.context, path)
    cluster = _entry(document, "cluster", context, settings.context, path)
    user = _entry(document, "user", context, settings.context, path)
    _check_files("cluster", cluster, context["cluster"], path)
    _check_files("user", user, context["user"], path)
    _check_program(user, context["user"], path)
    return Kubeconfig(
        path=path,
        context=settings.context,
        cluster=context["cluster"],
        user=context["user"],
        server=_server(cluster, context["cluster"], path),
    )


def kubectl(file: str | Path, context: str) -> str:
    """How to call kubectl for exactly this file and context, for the shell."""
    path = str(Path(file).expanduser())
    return shlex.join(["kubectl", "--kubeconfig", path, "--context", context])


def _path(setting: str) -> Path:
    try:
        path = Path(setting).expanduser()
    except RuntimeError as exc:
        allowed = "a path without ~, or HOME set to the home folder"
        raise KubeconfigError(FILE_KEY, found=repr(setting), allowed=allowed) from exc
    if not path.is_absolute():  # the engine runs programs in a folder of its own choice
        allowed = "an absolute path, or one that begins with ~/"
        raise KubeconfigError(FILE_KEY, found=repr(setting), allowed=allowed)
    return path


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as exc:
        found = f"'{path}' ({exc.strerror})"
        raise KubeconfigError(FILE_KEY, found=found, allowed="a kubeconfig to read") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        found = f"'{path}', which is no YAML"
        raise KubeconfigError(FILE_KEY, found=found, allowed="a kubeconfig") from exc
    if not isinstance(document, dict) or document.get("kind", "Config") != "Config":
        found = f"'{path}', which is no document of kind Config"
        raise KubeconfigError(FILE_KEY, found=found, allowed="a kubeconfig")
    return document


def _named(document: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The entries of ``clusters``, ``contexts`` or ``users`` by name."""
    entries = document.get(f"{kind}s") or []
    listed = entries if isinstance(entries, list) else []
    return {
        str(entry["name"]): _mapping(entry.get(kind))
        for entry in listed
        if isinstance(entry, dict) and "name" in entry
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _context(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, str]:
    contexts = _named(document, "context")
    if name not in contexts:
        allowed = f"{_listed(contexts)} (the contexts of {path})"
        raise KubeconfigError(CONTEXT_KEY, found=repr(name), allowed=allowed)
    found: Mapping[str, str] = contexts[name]
    return found


def _entry(
    document: Mapping[str, Any], kind: str, context: Mapping[str, str], name: str, path: Path
) -> Mapping[str, Any]:
    """The cluster or the user that a context leads to."""
    entries = _named(document, kind)
    wanted = context.get(kind)
    if wanted not in entries:
        shown = f"{name!r}, whose {kind} {wanted!r} is not in {path}"
        allowed = f"a context whose {kind} is there: {_listed(entries)}"
        raise KubeconfigError(CONTEXT_KEY, found=shown, allowed=allowed)
    found: Mapping[str, Any] = entries[wanted]
    return found


def _server(cluster: Mapping[str, Any], name: str, path: Path) -> str:
    server = cluster.get("server")
    allowed = f"a cluster with `server: https://host:port` in {path}"
    found = f"cluster {name!r} with server {server!r}"
    try:
        parts = urllib.parse.urlsplit(str(server))
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises where it is no number of a port
    except ValueError as exc:
        raise KubeconfigError(FILE_KEY, found=found, allowed=allowed) from exc
    if not is_url:
        raise KubeconfigError(FILE_KEY, found=found, allowed=allowed)
    return str(server)


def _check_files(kind: str, entry: Mapping[str, Any], name: str, path: Path) -> None:
    """Whether the files that an entry names are there; relative ones lie beside the kubeconfig."""
    for key in FILES[kind]:
        if (named := entry.get(key)) and not (path.parent / named).is_file():
            found = f"{kind} {name!r} of {path}, whose {key} {named!r} is no file"
            raise KubeconfigError(FILE_KEY, found=found, allowed="a file that is there")


def _check_program(user: Mapping[str, Any], name: str, path: Path) -> None:
    """Whether the program is there that gets a user's credentials (``aws``, ``gke-...``)."""
    program = _mapping(user.get("exec")).get("command")
    if program is None:
        return
    beside = path.parent / program if "/" in program else program
    if shutil.which(beside) is None:
        found = f"user {name!r} of {path}, whose credentials come from {program!r}"
        allowed = f"{program!r} on PATH: install it"
        raise KubeconfigError(FILE_KEY, found=found, allowed=allowed)


def _listed(entries: Mapping[str, Any]) -> str:
    return " or ".join(repr(name) for name in entries) or "none: there is no such entry"
