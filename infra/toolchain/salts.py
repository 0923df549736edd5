"""Keeps the salt, which the engine writes into a stack's settings file, out of the history.

With the passphrase provider the engine puts ``encryptionsalt`` into ``stacks/Pulumi.<stack>.yaml``,
a tracked file that people edit. The salt belongs to this clone's passphrase and to nobody else's. A
clean filter of git takes it out of what is compared and committed; docs/decisions/0002 says why so.
"""

import re
import subprocess
from pathlib import Path

__all__ = ["FILTER", "forget_salts", "keep_salts_out_of_git"]

FILTER = "autoserve-salt"  # named in .gitattributes
CLEAN = "sed -e /^encryptionsalt:/d"


def keep_salts_out_of_git(tree: Path) -> bool:
    """Make the filter known to the clone; false where there is no repository that can know it."""
    if not (tree / ".git").exists():
        return False
    key = f"filter.{FILTER}.clean"
    try:
        if _git(tree, "config", "--get", key) != CLEAN:
            _git(tree, "config", "--local", key, CLEAN)
        return _git(tree, "config", "--get", key) == CLEAN
    except OSError:  # no git on this machine: then nobody commits here either
        return False


def forget_salts(folder: Path) -> None:
    """Take out salts that belong to a passphrase which is gone; keep one that secrets depend on."""
    for file in folder.glob("Pulumi.*.yaml"):
        text = file.read_text()
        if "secure:" not in text and re.search(r"(?m)^encryptionsalt:", text):
            file.write_text(re.sub(r"(?m)^encryptionsalt:.*\n?", "", text))


def _git(tree: Path, *arguments: str) -> str:
    result = subprocess.run(
        ["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=False
    )
    return result.stdout.strip()
