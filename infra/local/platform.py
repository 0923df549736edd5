"""The `local` stack: every service of the catalogue as supervised processes on this machine."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pulumi

from infra.local import contract
from infra.local.host import Host
from infra.local.ports import ports_of
from infra.local.resources import (
    Job,
    JobArgs,
    LocalProvider,
    Process,
    ProcessArgs,
    Readiness,
    Replicas,
    Secret,
    SecretArgs,
)
from infra.local.templates import LOOPBACK, Templates
from infra.outputs import Platform
from infra.services import description as services
from infra.services import edge, postgres, prometheus, scaler
from infra.services.catalogue import Catalogue
from infra.services.database import ROLES_JOB
from infra.services.order import in_order, needs
from infra.settings import Settings
from infra.templates import holds_secret
from scaler import contract as scaler_contract

__all__ = ["local_platform"]

AGENT = "agent"
AGENT_SOCKET = "agent.sock"
AGENT_DESCRIPTION = services.Service(
    name=AGENT,
    title="Agent: readiness, the edge's upstreams, Prometheus' targets, scaling",
    command=("python", "-m", "infra.local.agent"),
    ports=(services.Port(name="metrics", number=9000),),
    probe=services.Probe(port="metrics", path=contract.READINESS_PATH, deadline_s=30),
    metrics="metrics",
    source=("infra",),
)


def local_platform(catalogue: Catalogue, *, settings: Settings, host: Host) -> Platform:
    """Declare secrets, jobs and processes, each after what it depends on."""
    return _Builder(catalogue, settings, host).build()


class _Builder:
    """Holds what the steps of one build share; used once."""

    def __init__(self, catalogue: Catalogue, settings: Settings, host: Host) -> None:
        self.catalogue, self.host = catalogue, host
        # The edge comes first: the base of the ports is its own.
        ordered = sorted(catalogue.services, key=lambda service: service.name != edge.NAME)
        self.ports = ports_of([*ordered, AGENT_DESCRIPTION], base=settings.port_base)
        self.provider = LocalProvider(
            "local",
            state_dir=str(host.paths.folder),
            ports={
                number: f"{name} ({port} of replica {index})"
                for name, ports in self.ports.items()
                for port, numbers in ports.items()
                for index, number in enumerate(numbers[: self._maximum(name)])
            },
        )
        self.secrets: dict[str, pulumi.Output[str]] = {}
        self.done: dict[str, pulumi.Resource] = {}

    def build(self) -> Platform:
        for secret in self.catalogue.secrets:
            args = SecretArgs(kind=secret.kind.value)
            self.secrets[secret.name] = Secret(secret.name, args, self._options()).value
        self._publish_web()
        self.done[AGENT] = self._agent()
        for item in in_order(self.catalogue):
            if isinstance(item, services.Job):
                self.done[item.name] = self._job(item)
            else:
                self.done[item.name] = self._process(item)
        url = f"http://{LOOPBACK}:{self.ports[edge.NAME]['http'][0]}"
        addresses = {
            "dashboard": f"{url}/",
            "api": f"{url}/api/docs",
            "prometheus": f"http://{LOOPBACK}:{self.ports[prometheus.NAME]['http'][0]}/",
        }
        return Platform(url=url, addresses=addresses)

    def _prepare(self, service: services.Service, fill: Templates) -> list[str]:
        """What makes the service's empty data folder usable; names of what it must wait for."""
        if service.preparation is None:
            return []
        name = f"{service.name}-init"
        self.done[name] = Job(
            name,
            JobArgs(
                command=self._command(service.preparation.command, fill),
                user=self._user(service.command),
                directories=[str(fill.folders["data"])],
                creates=fill.plain(service.preparation.creates),
            ),
            self._options(),
        )
        return [name]

    def _publish_web(self) -> None:
        """Copy the built dashboard to where the edge may read it, whoever owns the checkout."""
        target = self._web_folder()
        self.done["web-files"] = Job(
            "web-files",
            JobArgs(
                command=[
                    self.host.programs["python"],
                    "-m",
                    "infra.local.publish",
                    str(self.host.web_build),
                    str(target),
                ],
                environment={"PYTHONDONTWRITEBYTECODE": "1"},
                creates=str(target / "index.html"),
                triggers=[self.host.web],
            ),
            self._options(),
        )

    def _process(self, service: services.Service) -> Process:
        fill = self._templates(service.name, service)
        environment = dict(service.environment) | self._local_environment(service.name)
        scaling = service.scaling
        extra = {
            edge.NAME: ["web-files", AGENT],  # the agent writes the upstreams it includes
            scaler.NAME: [AGENT],  # acts through it
        }.get(service.name, [])
        return Process(
            service.name,
            ProcessArgs(
                command=self._command(service.command, fill),
                environment=_plain(environment, fill),
                secret_environment=_secret(environment, fill),
                working_directory=str(self.host.paths.data(service.name)),
                user=self._user(service.command),
                ports=self._process_ports(service),
                files=_plain(service.files, fill),
                secret_files=_secret(service.files, fill),
                directories=self._directories(service),
                readiness=Readiness(
                    port=service.probe.port,
                    path=service.probe.path,
                    deadline_s=service.probe.deadline_s,
                ),
                replicas=Replicas(
                    minimum=scaling.minimum, maximum=scaling.maximum, initial=scaling.minimum
                ),
                stop_signal=service.stop_signal,
                stop_grace_s=service.drain_s,
                reload_signal=service.reload_signal,
                version=self._version(service.source),
                publishes={service.name: service.publishes} if service.publishes else {},
                metrics=service.metrics,
            ),
            self._options([*needs(service, self.catalogue), *self._prepare(service, fill), *extra]),
        )

    def _job(self, job: services.Job) -> Job:
        fill = self._templates(job.name, job)
        environment = dict(job.environment) | self._local_environment(job.name)
        return Job(
            job.name,
            JobArgs(
                command=self._command(job.command, fill),
                environment=_plain(environment, fill),
                secret_environment=_secret(environment, fill),
                user=self._user(job.command),
                files=_plain(job.files, fill),
                secret_files=_secret(job.files, fill),
                directories=self._directories(job),
                triggers=[self._version(job.source)],
                deadline_s=job.deadline_s,
            ),
            self._options(needs(job, self.catalogue)),
        )

    def _agent(self) -> Process:
        """What kubelet and the endpoints controller are in a cluster, for these processes."""
        paths = self.host.paths
        fill = self._templates(AGENT, AGENT_DESCRIPTION)
        environment = {
            contract.STACK_DIR: str(paths.folder),
            contract.SOCKET: str(self._agent_socket()),
            contract.SOCKET_USER: self.host.service_user,
            contract.METRICS_PORT: "{port:metrics}",
            contract.UPSTREAMS_FILE: str(paths.etc(edge.NAME) / edge.UPSTREAMS_FILE),
            contract.UPSTREAMS: json.dumps(
                [service.name for service in self.catalogue.services if service.publishes]
            ),
            contract.EDGE_PROCESS: edge.NAME,
            contract.TARGETS_FILE: str(paths.etc(prometheus.NAME) / prometheus.TARGETS_FILE),
        }
        # As whoever runs the engine: it commands the supervisor, which its socket's mode guards.
        return Process(
            AGENT,
            ProcessArgs(
                command=self._command(AGENT_DESCRIPTION.command, fill),
                environment=_plain(environment, fill),
                ports={name: list(group) for name, group in self.ports[AGENT].items()},
                readiness=Readiness(port="metrics", path=contract.READINESS_PATH, deadline_s=30),
                version=self._version(AGENT_DESCRIPTION.source),
                metrics="metrics",
            ),
            self._options(),
        )

    def _templates(self, name: str, item: services.Service | services.Job) -> Templates:
        paths = self.host.paths
        return Templates(
            ports=self.ports,
            folders={
                "data": paths.data(name),
                "shared": paths.data("shared"),
                "run": paths.run / name,
                "etc": paths.etc(name),
                "web": self._web_folder(),
                "credentials": self._credentials_folder(),
            },
            secrets=self.secrets,
            user=self._user(item.command),
        )

    def _local_environment(self, name: str) -> dict[str, str]:
        """What only this stack adds."""
        paths = self.host.paths
        if name == ROLES_JOB:  # over the socket, where the system's account is the password
            port = str(self.ports[postgres.NAME][postgres.PORT][0])
            return {"PGHOST": str(paths.run / postgres.NAME), "PGPORT": port}
        if name == scaler.NAME:
            return {
                scaler_contract.SINK: "local",
                scaler_contract.LOCAL_SOCKET: str(self._agent_socket()),
            }
        return {}

    def _command(self, command: tuple[str, ...], fill: Templates) -> list[str]:
        program, *arguments = command
        return [self.host.programs[program], *(fill.plain(part) for part in arguments)]

    def _user(self, command: tuple[str, ...]) -> str:
        return self.host.service_user if command[0] == "python" else self.host.data_user

    def _process_ports(self, service: services.Service) -> dict[str, list[int]]:
        wanted = service.scaling.maximum
        return {name: list(group[:wanted]) for name, group in self.ports[service.name].items()}

    def _directories(self, item: services.Service | services.Job) -> list[str]:
        """The folders that its environment names, and that it must find."""
        fill = self._templates(item.name, item)
        named = {
            name
            for text in item.environment.values()
            for kind, name in services.placeholders(text)
            if kind == "dir" and name in {"shared", "credentials"}
        }
        if isinstance(item, services.Service):
            named.add("data")
        return sorted(str(fill.folders[name]) for name in named)

    def _version(self, packages: tuple[str, ...]) -> str:
        return " ".join(f"{name}={self.host.versions[name]}" for name in packages)

    def _maximum(self, name: str) -> int:
        found = (s.scaling.maximum for s in self.catalogue.services if s.name == name)
        return next(found, 1)

    def _web_folder(self) -> Path:
        return self.host.paths.www / (self.host.web or "unbuilt")

    def _credentials_folder(self) -> Path:
        return self.host.paths.credentials.parent

    def _agent_socket(self) -> Path:
        return self.host.paths.run / AGENT_SOCKET

    def _options(self, after: Iterable[str] = ()) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            provider=self.provider, depends_on=[self.done[name] for name in sorted(after)]
        )


def _plain(values: Mapping[str, str], fill: Templates) -> dict[str, pulumi.Input[str]]:
    return {name: fill.plain(text) for name, text in values.items() if not holds_secret(text)}


def _secret(values: Mapping[str, str], fill: Templates) -> dict[str, pulumi.Input[str]]:
    return {name: fill.secret(text) for name, text in values.items() if holds_secret(text)}
