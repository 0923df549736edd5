"""Where the ``local`` stack keeps its state, data and logs, and as whom its services run.

Everything lies outside the tree, in one folder per clone, so that two clones never share a database
and a clone can be deleted without losing data. Standard library only: the bootstrap and the
launcher import it before anything is installed.

    <root>/                    AUTOSERVE_STATE_DIR, else /var/lib/autoserve/<clone> for root, else
                               $XDG_STATE_HOME/autoserve/<clone> (~/.local/state/autoserve/<clone>)
      pulumi/  passphrase      the engine's file backend, and the passphrase of its secrets
      stacks/<stack>/
        run/                   sockets, pids, specs (in /tmp where paths would be too long)
        logs/  www/  data/<service>/  etc/<service>/

Not promised: that any of these folders exist. ``prepare`` makes those of a stack.
"""

import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "RUN_USER",
    "STATE_DIR",
    "MissingRunUserError",
    "RunUser",
    "ServiceUser",
    "StackPaths",
    "StateError",
    "StatePaths",
    "UnsafeFolderError",
    "make_folder",
    "run_user",
    "service_user",
    "state_paths",
    "tree_root",
]

STATE_DIR = "AUTOSERVE_STATE_DIR"  # overrides the folder of the clone
RUN_USER = "autoserve"  # the system user of data services when the platform is brought up by root
ROOT_STATE = Path("/var/lib/autoserve")

# sun_path of Linux holds 108 bytes with the closing zero: unix(7). The longest name that is put
# behind is a socket of PostgreSQL with its lock file (".s.PGSQL.65535.lock"); the rest is room for
# names of ours.
SOCKET_PATH_BYTES = 107
SOCKET_NAME_BYTES = 40


class StateError(Exception):
    """Base of what can be wrong with the state folder or its users."""


class MissingRunUserError(StateError):
    """Root brings the platform up and the system user of the data services does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"system user {name!r} is missing and PostgreSQL refuses to run as root: run "
            f"`make install`, or `useradd --system --user-group --no-create-home {name}`"
        )
        self.name = name


class UnsafeFolderError(StateError):
    """A folder that must be ours belongs to somebody else."""

    def __init__(self, path: Path, owner: int, expected: int) -> None:
        super().__init__(
            f"{path} belongs to user id {owner}, expected {expected}: remove it or set {STATE_DIR}"
        )
        self.path, self.owner, self.expected = path, owner, expected


@dataclass(frozen=True, kw_only=True)
class RunUser:
    """A user that processes of the stack run as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class ServiceUser:
    """As whom our Python services run, and why it is not the run user where it is not."""

    user: RunUser
    reason: str | None  # set only when the services keep root's rights


@dataclass(frozen=True, kw_only=True)
class StackPaths:
    """The folders and files of one stack."""

    clone: "StatePaths"
    name: str

    @property
    def folder(self) -> Path:
        return self.clone.root / "stacks" / self.name

    @property
    def pulumi(self) -> Path:
        """The engine's file backend, one for all stacks of the clone."""
        return self.clone.pulumi

    @property
    def passphrase(self) -> Path:
        return self.clone.passphrase

    @property
    def run(self) -> Path:
        """Sockets, pids and specs; in /tmp when a socket's path would be too long for Linux."""
        inside = self.folder / "run"
        if len(os.fsencode(inside)) + 1 + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES:
            return inside
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
        return Path(f"/tmp/autoserve-{os.getuid()}-{digest}")  # noqa: S108 - owner and mode are checked by make_folder

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def www(self) -> Path:
        return self.folder / "www"

    @property
    def credentials(self) -> Path:
        """The first user's e-mail address and password (JSON, mode 600); goes with the data."""
        return self.data("credentials") / "credentials.json"

    def data(self, service: str) -> Path:
        return self.folder / "data" / service

    def etc(self, service: str) -> Path:
        return self.folder / "etc" / service

    def holders_of_data(self) -> list[Path]:
        """Folders of services that hold something a person would miss."""
        data = self.folder / "data"
        if not data.is_dir():
            return []
        return sorted(path for path in data.iterdir() if path.is_dir() and any(path.iterdir()))

    def prepare(self) -> None:
        """Make the folders that belong to whoever runs the engine; safe to call again.

        Others may pass through them, because data services run as another user than root; what is
        secret is in files of mode 600 and in pulumi/, which is closed.
        """
        self.clone.prepare()
        inside = [self.folder / name for name in ("logs", "www", "data", "etc")]
        for folder in (self.folder.parent, self.folder, *inside):
            make_folder(folder, mode=0o755)
        make_folder(self.run, mode=0o755 if os.geteuid() == 0 else 0o700)


@dataclass(frozen=True, kw_only=True)
class StatePaths:
    """The folder of one clone."""

    root: Path

    @property
    def pulumi(self) -> Path:
        return self.root / "pulumi"

    @property
    def passphrase(self) -> Path:
        return self.root / "passphrase"

    def stack(self, name: str) -> StackPaths:
        return StackPaths(clone=self, name=name)

    def prepare(self) -> None:
        """Make the folder of the clone and the engine's backend in it."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        make_folder(self.root, mode=0o755)
        make_folder(self.pulumi, mode=0o700)


def tree_root() -> Path:
    """The checkout this module is part of."""
    return Path(__file__).resolve().parents[2]


def state_paths(
    tree: Path | None = None, environment: Mapping[str, str] | None = None
) -> StatePaths:
    """Where the state of a clone lives; ``AUTOSERVE_STATE_DIR`` overrides it."""
    env = os.environ if environment is None else environment
    if override := env.get(STATE_DIR):
        return StatePaths(root=Path(override).expanduser().absolute())
    clone = _clone_id(tree or tree_root())
    if os.geteuid() == 0:
        return StatePaths(root=ROOT_STATE / clone)
    home = Path(env.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
    base = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state")
    return StatePaths(root=base / "autoserve" / clone)


def make_folder(path: Path, *, mode: int, owner: RunUser | None = None) -> None:
    """Make a folder with exactly this mode and owner (default: the caller).

    Raises:
        UnsafeFolderError: it exists and belongs to neither of them.
    """
    user = owner or _current_user()
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if found.st_uid not in {user.uid, os.geteuid()} or stat.S_ISLNK(found.st_mode):
        raise UnsafeFolderError(path, found.st_uid, user.uid)
    if (found.st_uid, found.st_gid) != (user.uid, user.gid) and os.geteuid() == 0:
        os.chown(path, user.uid, user.gid)
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def run_user() -> RunUser:
    """As whom PostgreSQL, Redis, Prometheus and NGINX run: the caller, but never root.

    Raises:
        MissingRunUserError: the caller is root and the system user was never made.
    """
    if os.geteuid() != 0:
        return _current_user()
    try:
        entry = pwd.getpwnam(RUN_USER)
    except KeyError as exc:
        raise MissingRunUserError(RUN_USER) from exc
    return RunUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def service_user(tree: Path, python: Path) -> ServiceUser:
    """As whom our Python services run: the run user where it can read their code, else root."""
    user = run_user()
    if os.geteuid() != 0:
        return ServiceUser(user=user, reason=None)
    for path in (tree, python, python.resolve()):
        if (barrier := _barrier(path, user)) is not None:
            reason = f"user {user.name} cannot read {path} ({barrier} is closed to it)"
            return ServiceUser(user=_current_user(), reason=reason)
    return ServiceUser(user=user, reason=None)


def _clone_id(tree: Path) -> str:
    real = tree.resolve()
    return f"{real.name}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:8]}"


def _current_user() -> RunUser:
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run under an id that has no entry
        name = str(uid)
    return RunUser(name=name, uid=uid, gid=os.getegid())


def _barrier(path: Path, user: RunUser) -> Path | None:
    """The first part of ``path`` that the user may not read or pass, judged by mode bits."""
    groups = {user.gid, *(entry.gr_gid for entry in grp.getgrall() if user.name in entry.gr_mem)}
    absolute = path.absolute()
    for part in (*reversed(absolute.parents), absolute):
        info = part.stat()
        if info.st_uid == user.uid:
            shift = 6
        elif info.st_gid in groups:
            shift = 3
        else:
            shift = 0
        bits = (info.st_mode >> shift) & 0o7
        needed = 0o1 if part != absolute else 0o5
        if bits & needed != needed:
            return part
    return None
