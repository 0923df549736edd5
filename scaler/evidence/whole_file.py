"""A file that is there whole or not at all, whatever happens while it is written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write it meanwhile; on an error, what was there before stays.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = path.resolve()  # a link is followed, not replaced
    # Beside it, since only within a file system one file takes another one's place at once. What
    # is made in a folder gets the mode that a new file has there.
    folder = Path(mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    meanwhile = folder / path.name
    try:
        yield meanwhile
        os.replace(meanwhile, path)
    finally:
        meanwhile.unlink(missing_ok=True)
        folder.rmdir()
