"""The environment that the engine runs in: what ``autoserve env`` prints and our own calls use.

Whatever the user has set wins. What an earlier ``eval "$(autoserve env)"`` has set is told from
that by ``AUTOSERVE_EXPORTED``, so that the environment of one clone does not leak into another one.
"""

import json
import os
import secrets
from collections.abc import Mapping

from infra.local.state import StatePaths, state_paths, tree_root
from infra.toolchain.engine import Engine, EngineMissingError, cache_folder, find_engine

__all__ = [
    "backend_url",
    "engine_environment",
    "ensure_passphrase",
    "exports",
]

EXPORTED = "AUTOSERVE_EXPORTED"
TREE = "AUTOSERVE_TREE"  # read by the language host where it is called outside of a clone
LOCAL_STACK = "local"
PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def exports(stack: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables to set for a stack, beside what the user has set.

    Raises:
        EngineMissingError: there is no engine yet.
    """
    env = dict(os.environ if environment is None else environment)
    ours = json.loads(env.pop(EXPORTED, "{}"))
    user = {name: value for name, value in env.items() if ours.get(name) != value}
    engine = find_engine(path=env.get("PATH", os.defpath), cache=cache_folder(env))
    if engine is None:
        raise EngineMissingError("there is no Pulumi engine yet: run `make install`")
    paths = state_paths(environment=env)
    wanted = _settings(stack, paths)
    if any(name in user for name in PASSPHRASE):
        del wanted[PASSPHRASE[1]]
    else:
        ensure_passphrase(paths)
    fresh = {name: value for name, value in wanted.items() if name not in user}
    return {
        "PATH": _path_with(engine, env.get("PATH", os.defpath)),
        **fresh,
        TREE: str(tree_root()),
        EXPORTED: json.dumps(fresh, sort_keys=True),
    }


def engine_environment(stack: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """A whole environment in which ``pulumi`` can be called for a stack."""
    env = dict(os.environ if environment is None else environment)
    return {**env, **exports(stack, env)}


def ensure_passphrase(paths: StatePaths) -> None:
    """Make the passphrase of the clone's secrets on first use (mode 600)."""
    paths.prepare()
    try:
        file = os.open(paths.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(file, "w") as out:
        out.write(secrets.token_urlsafe(32))


def backend_url(paths: StatePaths) -> str:
    """The engine's own file backend of the clone.

    Without ``metadata=skip`` the engine's file driver rewrites a sidecar (``<file>.attrs``) in
    place before it renames a new state into its place. An engine that is killed between the two
    leaves it empty, and no command can read the stack any more ("failed to load checkpoint: EOF").
    Source: gocloud.dev, blob/fileblob, setAttrs and writerWithSidecar.Close.
    """
    return f"file://{paths.pulumi}?metadata=skip"


def _settings(stack: str, paths: StatePaths) -> dict[str, str]:
    settings = {
        "PULUMI_BACKEND_URL": backend_url(paths),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A settings file without a salt (a fresh checkout) is used with the salt in the state.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    }
    if stack == LOCAL_STACK:
        # Its one provider is in the tree; a missing one must be an error, not a wait for a network.
        settings["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return settings


def _path_with(engine: Engine, path: str) -> str:
    parts = path.split(os.pathsep)
    wanted = [str(entry) for entry in engine.path_entries]
    if wanted[0] in parts:  # it was found there, so the order among what the user has stays
        wanted = wanted[1:]
    return os.pathsep.join([*wanted, *(part for part in parts if part not in wanted)])
