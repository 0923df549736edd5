"""The catalogue of task types, and what every type has to keep to."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.tasks.catalogue import Catalogue, TaskType, catalogue

ROOT = Path(__file__).resolve().parents[3]


def test_two_types_of_one_name_are_refused() -> None:
    (kind, *_rest) = catalogue()
    with pytest.raises(ValueError, match=kind.name):
        Catalogue([kind, kind])


@pytest.mark.parametrize("kind", list(catalogue()), ids=lambda kind: str(kind.name))
def test_a_type_says_what_it_does_what_it_takes_and_what_a_retry_repeats(kind: TaskType) -> None:
    assert kind.title
    assert kind.description.endswith(".")
    assert "retry" in (kind.run.__doc__ or "").lower()
    fields: dict[str, Any] = kind.parameters.model_json_schema()["properties"]
    assert all(field.get("description") for field in fields.values())
    assert kind.parameters.model_config["extra"] == "forbid"


def test_knowing_the_types_loads_nothing_heavy() -> None:
    program = (
        "import sys; from app.tasks.catalogue import catalogue; catalogue();"
        "print([m for m in ('pandas', 'sklearn', 'numpy', 'celery') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
