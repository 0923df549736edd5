"""Keeps the salt, which the engine writes into a stack's settings file, out of the history.

With the passphrase provider the engine puts ``encryptionsalt`` into ``stacks/Pulumi.<stack>.yaml``,
a tracked file that people edit. The salt belongs to this clone's passphrase and to nobody else's. A
clean filter of git takes it out of what is compared and committed; docs/decisions/0002 says why so.
"""

import json
import re
import subprocess
from pathlib import Path

__all__ = ["FILTER", "align_salt", "keep_salts_out_of_git"]

FILTER = "autoserve-salt"  # named in .gitattributes
CLEAN = "sed -e /^encryptionsalt:/d"


def keep_salts_out_of_git(tree: Path) -> bool:
    """Make the filter known to the clone; false where there is no repository that can know it.

    To be called again after the engine may have written a salt.
    """
    if not (tree / ".git").exists():
        return False
    key = f"filter.{FILTER}.clean"
    try:
        if _git(tree, "config", "--get", key) != CLEAN:
            _git(tree, "config", "--local", key, CLEAN)
        _refresh_index(tree)
        return _git(tree, "config", "--get", key) == CLEAN
    except OSError:  # no git on this machine: then nobody commits here either
        return False


def align_salt(settings: Path, state: Path) -> None:
    """Make the salt in a stack's settings file the one of its state, or none where there is none.

    They differ after a checkout, after the state was deleted, or when another state folder was used
    with this tree; the engine would say "incorrect passphrase". Secrets in the settings depend on
    the salt that is there: then it stays.
    """
    text = settings.read_text() if settings.exists() else ""
    salt = _salt_of(state)
    wanted = re.sub(r"(?m)^encryptionsalt:.*\n?", "", text)
    if salt is not None and wanted:
        wanted = f"{wanted.rstrip()}\nencryptionsalt: {salt}\n"
    if text != wanted and "secure:" not in text:
        settings.write_text(wanted)


def _salt_of(state: Path) -> str | None:
    if not state.exists():
        return None
    latest = json.loads(state.read_text())["checkpoint"].get("latest") or {}
    salt = ((latest.get("secrets_providers") or {}).get("state") or {}).get("salt")
    return str(salt) if salt else None


def _refresh_index(tree: Path) -> None:
    """Have git look again at files that differ by their salt only.

    git takes a file of another size than it remembers for changed, before any filter; adding it
    stages nothing, because its filtered content is what is in the index already.
    """
    for name in _git(tree, "diff-files", "--name-only", "--", "stacks/Pulumi.*.yaml").splitlines():
        if not _git(tree, "diff", "--", name):
            _git(tree, "add", "--", name)


def _git(tree: Path, *arguments: str) -> str:
    result = subprocess.run(
        ["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=False
    )
    return result.stdout.strip()
