"""The task types: each is one module of :mod:`app.tasks.types` with a constant ``TYPE``.

The API validates with a type's parameter model and never runs it; the worker runs it. So a type's
module stays light: what is heavy (pandas, scikit-learn) is imported inside its ``run``.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.core.references import Reference
from app.tasks import types
from app.tasks.context import Context, Result

__all__ = ["Catalogue", "TaskParameters", "TaskType", "catalogue"]


class TaskParameters(BaseModel):
    """Base of every parameter model: unknown fields are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, kw_only=True)
class TaskType:
    """A kind of work that users may submit."""

    name: str  # as the API shows it, such as "dataset.profile"
    title: str
    description: str
    parameters: type[TaskParameters]
    # May be repeated from its start after a lost worker; its docstring says what that repeats.
    run: Callable[[Any, Context], Result]

    def references(self, parameters: BaseModel) -> Iterator[tuple[str, str, UUID]]:
        """(field, kind, id) of each thing of another feature that the parameters name."""
        for name, field in self.parameters.model_fields.items():
            for marker in field.metadata:
                value = getattr(parameters, name)
                if isinstance(marker, Reference) and value is not None:
                    yield name, marker.kind, value


class Catalogue:
    """Task types by name. Read-only; may be shared."""

    def __init__(self, kinds: Iterable[TaskType]) -> None:
        self._kinds: dict[str, TaskType] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"two task types are named {kind.name!r}")
            self._kinds[kind.name] = kind

    def __iter__(self) -> Iterator[TaskType]:
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.name))

    def get(self, name: str) -> TaskType | None:
        return self._kinds.get(name)

    @property
    def names(self) -> list[str]:
        return sorted(self._kinds)


@cache
def catalogue() -> Catalogue:
    """All types of :mod:`app.tasks.types`.

    Raises:
        AttributeError: a module there has no ``TYPE``.
    """
    modules = pkgutil.iter_modules(types.__path__)
    loaded = (importlib.import_module(f"{types.__name__}.{module.name}") for module in modules)
    return Catalogue(module.TYPE for module in loaded)
