"""Copies a built web dashboard to a folder that the edge may read: `publish FROM TO`.

The folder appears whole or not at all, and earlier builds beside it go away: the edge that serves
one of them is reloaded to the new one right after.
"""

import shutil
import sys
from pathlib import Path

__all__ = ["publish"]


def publish(source: Path, target: Path) -> None:
    """Copy ``source`` to ``target`` and delete the other folders beside it.

    Raises:
        FileNotFoundError: nothing was built.
    """
    if not (source / "index.html").is_file():
        raise FileNotFoundError(f"{source} holds no built dashboard: run `make install`")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    earlier = [path for path in target.parent.iterdir() if path != fresh]
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    for path in earlier:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    try:
        publish(Path(sys.argv[1]), Path(sys.argv[2]))
    except FileNotFoundError as error:
        sys.exit(str(error))
