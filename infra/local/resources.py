"""The resources of the local stack, as a Pulumi program declares them.

    local = LocalProvider("local", state_dir=folder, ports={8600: "edge"})
    key = Secret("jwt-key", SecretArgs(kind="ed25519-pem"), ResourceOptions(provider=local))
    api = Process("api", ProcessArgs(command=["python", "-m", "app.main"], ...), ...)

The resource's name is the service's name in ``autoserve status`` and in the logs' file names.

Command, environment, files, folders and the working directory may hold placeholders, resolved for
each replica; any other brace is left alone:

    {port:http}       the replica's port of that name
    {replica}         its number, from 0
    {data} {etc}      the service's folder that is kept, and the folder of its ``files``
    {run}             the service's folder for sockets and pid files
    {scratch}         a folder of this replica alone
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pulumi

__all__ = [
    "PROCESS",
    "Job",
    "JobArgs",
    "LocalProvider",
    "Process",
    "ProcessArgs",
    "Readiness",
    "Replicas",
    "Secret",
    "SecretArgs",
]

PACKAGE = "autoserve-local"
PROCESS = f"{PACKAGE}:index:Process"
JOB = f"{PACKAGE}:index:Job"
SECRET = f"{PACKAGE}:index:Secret"

Text = pulumi.Input[str]


class LocalProvider(pulumi.ProviderResource):
    """Where the resources of one stack live on this machine.

    Its check refuses, before anything is changed, a folder that cannot be written or is nearly
    full, and ports that a process of somebody else listens on.
    """

    def __init__(
        self,
        name: str,
        *,
        state_dir: str,
        ports: Mapping[int, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the provider.

        Args:
            name: logical name.
            state_dir: the stack's folder (`StackPaths.folder`).
            ports: every port the stack listens on, with what it is for.
            opts: as usual.
        """
        # Configuration of a provider is text; anything else travels as JSON.
        named = {str(port): owner for port, owner in sorted(ports.items())}
        inputs = {"state_dir": state_dir, "ports": pulumi.Output.json_dumps(named)}
        super().__init__(PACKAGE, name, inputs, opts)


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """When a replica may get work: HTTP 200 on a path, or TCP connects.

    Attributes:
        port: name of one of the process's ports.
        path: of the HTTP request; "" asks by TCP.
        deadline_s: from start to ready, at most.
        interval_s: between two questions while it starts.
    """

    port: str
    path: str = ""
    deadline_s: float = 60.0
    interval_s: float = 0.2

    @property
    def kind(self) -> Literal["http", "tcp"]:
        return "http" if self.path else "tcp"


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """Bounds, 0 <= minimum <= maximum, and the count at create.

    Within the bounds whoever scales at run time decides; an update leaves the count alone.
    """

    minimum: int = 1
    maximum: int = 1
    initial: int = 1


@dataclass(frozen=True, kw_only=True)
class ProcessArgs:
    """Inputs of a `Process`.

    Attributes:
        command: argument list; the first item is looked up on PATH. Never secret: ps shows it.
        environment: the whole environment besides PATH, HOME, USER and LANG.
        secret_environment: the same for what must stay secret.
        user: system account; None runs as whoever runs the engine. A change replaces.
        ports: by name, the port of replica 0, 1, ...: one for each of the maximum replicas.
        files, secret_files: text by path below ``{etc}``; mode 644 and 600.
        directories: folders to make, owned by the user.
        readiness: None: ready while it runs.
        stop_signal: asks for a graceful end; ``stop_grace_s`` later the replica is killed.
        reload_signal: sent when nothing but files changed; "" restarts instead.
        version: opaque; a change restarts.
        publishes: name of the edge's upstream -> name of the port its ready replicas serve.
        metrics: name of the port that Prometheus scrapes on ``metrics_path``, "" for none.
    """

    command: Sequence[Text]
    environment: Mapping[str, Text] = field(default_factory=dict)
    secret_environment: Mapping[str, Text] = field(default_factory=dict)
    working_directory: str = ""
    user: str | None = None
    ports: Mapping[str, Sequence[int]] = field(default_factory=dict)
    files: Mapping[str, Text] = field(default_factory=dict)
    secret_files: Mapping[str, Text] = field(default_factory=dict)
    directories: Sequence[str] = ()
    readiness: Readiness | None = None
    replicas: Replicas = Replicas()
    stop_signal: str = "TERM"
    stop_grace_s: float = 10.0
    reload_signal: str = ""
    version: str = ""
    publishes: Mapping[str, str] = field(default_factory=dict)
    metrics: str = ""
    metrics_path: str = "/metrics"


class Process(pulumi.CustomResource):
    """A supervised process, in one or more replicas. Ready when its create or update is done."""

    running: pulumi.Output[int]  # replicas when it was last looked at
    addresses: pulumi.Output[Mapping[str, Sequence[str]]]  # by port name: host:port per replica

    def __init__(
        self, name: str, args: ProcessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs: dict[str, Any] = {
            **_fields(args),
            "secret_environment": pulumi.Output.secret(dict(args.secret_environment)),
            "secret_files": pulumi.Output.secret(dict(args.secret_files)),
            "readiness": asdict(args.readiness) if args.readiness else None,
            "replicas": asdict(args.replicas),
            "running": None,
            "addresses": None,
        }
        super().__init__(
            PROCESS, name, inputs, _with_secrets(opts, "secret_environment", "secret_files")
        )


@dataclass(frozen=True, kw_only=True)
class JobArgs:
    """Inputs of a `Job`.

    Attributes:
        command, environment, secret_environment, working_directory, user, files, secret_files,
            directories: as of a process; ``{port:...}`` and ``{replica}`` are not known.
        triggers: opaque texts; the job runs again when one changes.
        creates: a path; while it exists the job has nothing to do.
        deadline_s: it is killed, and has failed, when it takes longer.
    """

    command: Sequence[Text]
    environment: Mapping[str, Text] = field(default_factory=dict)
    secret_environment: Mapping[str, Text] = field(default_factory=dict)
    working_directory: str = ""
    user: str | None = None
    files: Mapping[str, Text] = field(default_factory=dict)
    secret_files: Mapping[str, Text] = field(default_factory=dict)
    directories: Sequence[str] = ()
    triggers: Sequence[Text] = ()
    creates: str = ""
    deadline_s: float = 60.0


class Job(pulumi.CustomResource):
    """A command that runs to its end, at create and again whenever an input changes."""

    outcome: pulumi.Output[str]  # "done", or "skipped" where ``creates`` was there

    def __init__(
        self, name: str, args: JobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {
            **_fields(args),
            "secret_environment": pulumi.Output.secret(dict(args.secret_environment)),
            "secret_files": pulumi.Output.secret(dict(args.secret_files)),
            "outcome": None,
        }
        super().__init__(
            JOB, name, inputs, _with_secrets(opts, "secret_environment", "secret_files")
        )


@dataclass(frozen=True, kw_only=True)
class SecretArgs:
    """Inputs of a `Secret`; a change of any makes a new value.

    Attributes:
        kind: ``password``: letters and digits; ``ed25519-pem``: a private key, PKCS 8.
        length: of a password, characters, 16 to 128.
        keeper: opaque; change it to have a new value.
    """

    kind: Literal["password", "ed25519-pem"] = "password"
    length: int = 32
    keeper: str = ""


class Secret(pulumi.CustomResource):
    """A value generated at create and kept, encrypted, in the stack's state only."""

    value: pulumi.Output[str]

    def __init__(
        self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {**asdict(args), "value": None}
        super().__init__(SECRET, name, inputs, _with_secrets(opts, "value"))


def _fields(args: ProcessArgs | JobArgs) -> dict[str, Any]:
    return {name: getattr(args, name) for name in args.__dataclass_fields__}


def _with_secrets(opts: pulumi.ResourceOptions | None, *names: str) -> pulumi.ResourceOptions:
    secret = pulumi.ResourceOptions(additional_secret_outputs=list(names))
    return pulumi.ResourceOptions.merge(opts, secret)
