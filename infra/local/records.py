"""What the supervision remembers of each service: its spec and how many replicas it should have.

Files of mode 600 in the stack's run folder, for secrets are in them; written as a whole, so that
readers need no lock. Writers hold the service's lock.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from infra.local.spec import ProcessSpec, ReplicaSpec, files_digest, replica_name
from infra.local.state import StackPaths
from infra.local.supervisord import locked, write_private

__all__ = ["Record", "Records"]

T = TypeVar("T")
Version = tuple[int, int, int]  # of a file: change time, inode, bytes


@dataclass(frozen=True, kw_only=True)
class Record:
    """One service.

    Attributes:
        desired: replicas it should have now.
        files: digest of the files its replicas have read.
        draining: replicas that still run but must get no more work.
    """

    spec: ProcessSpec
    desired: int
    files: str = ""
    draining: tuple[int, ...] = ()

    @property
    def serving(self) -> tuple[int, ...]:
        """Replicas that may get work when they are ready."""
        return tuple(i for i in range(self.desired) if i not in self.draining)

    def with_files_read(self) -> "Record":
        return replace(self, files=files_digest(self.spec))


class Records:
    """The records of one stack."""

    def __init__(self, paths: StackPaths) -> None:
        self.folder = paths.run / "supervision"
        self._services = self.folder / "services"
        self._specs = self.folder / "specs"
        self._locks = self.folder / "locks"
        self._paths = paths
        self._parsed: dict[Path, tuple[Version, Any]] = {}

    def prepare(self) -> None:
        for folder in (self._services, self._specs, self._locks):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._services.glob("*.json"))

    def all(self) -> Iterator[Record]:
        for name in self.names():
            if record := self.read(name):
                yield record

    def read(self, name: str) -> Record | None:
        return self._cached(self._services / f"{name}.json", _record_of)

    def write(self, record: Record) -> None:
        path = self._services / f"{record.spec.name}.json"
        write_private(path, json.dumps(asdict(record)))

    def forget(self, name: str) -> None:
        (self._services / f"{name}.json").unlink(missing_ok=True)

    def exclusive(self, name: str, *, timeout_s: float = 600.0) -> AbstractContextManager[None]:
        """The service's lock."""
        return locked(self._services / f"{name}.lock", timeout_s=timeout_s)

    def spec_file(self, service: str, replica: int) -> Path:
        return self._specs / f"{replica_name(service, replica)}.json"

    def lock_file(self, service: str, replica: int) -> Path:
        """The launcher's lock of a replica. Nobody else opens it: see `launch.record`."""
        return self._locks / f"{replica_name(service, replica)}.lock"

    def write_replica(self, spec: ProcessSpec, replica: int) -> None:
        """Write what the launcher reads."""
        found = ReplicaSpec.of(spec, replica, self._paths)
        content = {**asdict(found), "digest": found.digest(spec)}
        write_private(self.spec_file(spec.name, replica), json.dumps(content))

    def ports(self, service: str, replica: int) -> dict[str, int]:
        """The ports the replica was started with, which may differ from a newer spec's."""
        return self._cached(self.spec_file(service, replica), _ports_of) or {}

    def _cached(self, path: Path, parse: Callable[[dict[str, Any]], T]) -> T | None:
        """A file's content, parsed once per change: the agent asks every second."""
        try:
            found = path.stat()
            # The inode as well: two writes may fall into one tick of the file system's clock.
            changed = found.st_mtime_ns, found.st_ino, found.st_size
            known = self._parsed.get(path)
            if known is None or known[0] != changed:
                known = changed, parse(json.loads(path.read_text()))
                self._parsed[path] = known
        except FileNotFoundError:
            self._parsed.pop(path, None)
            return None
        return cast("T", known[1])


def _record_of(found: dict[str, Any]) -> Record:
    return Record(
        spec=ProcessSpec.from_json(found["spec"]),
        desired=found["desired"],
        files=found["files"],
        draining=tuple(found["draining"]),
    )


def _ports_of(found: dict[str, Any]) -> dict[str, int]:
    return {name: int(port) for name, port in found["ports"].items()}
