"""Keeps packages out of a process that others import only to recognise what it never has."""

import sys

__all__ = ["without"]


class _Without:
    """A finder, asked before all others, that knows of some packages that they are not there."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, *_: object) -> None:
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is kept out of this process", name=name)


def without(*names: str) -> None:
    """From now on packages are as if they were not installed.

    A ``None`` for them in ``sys.modules`` refuses an import as well, but whoever looks there, as
    scikit-learn does in every fit, takes it for the package.
    """
    sys.meta_path.insert(0, _Without(frozenset(names)))
