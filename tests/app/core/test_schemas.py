from typing import Any

import pytest
from pydantic import Field, ValidationError

from app.core.schemas import Body


class Thing(Body):
    name: str = ""
    parameters: dict[str, Any] = Field(default={})


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"name": "a\0b"}, id="nul"),
        pytest.param({"name": "\ud800"}, id="lone-surrogate"),
        pytest.param({"parameters": {"a": ["x\0"]}}, id="nul-inside"),
        pytest.param({"parameters": {"\0": 1}}, id="nul-in-a-key"),
        pytest.param({"parameters": {"a": 2**63}}, id="above-64-bits"),
        pytest.param({"parameters": {"a": float("nan")}}, id="not-a-number"),
        pytest.param({"parameters": {"a": float("inf")}}, id="infinite"),
        pytest.param({"parameters": nested(100)}, id="too-deep"),
        pytest.param({"surprise": 1}, id="unknown-field"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate(body)
    assert caught.value.errors()[0]["loc"] == (next(iter(body)),)


def test_what_can_be_kept_is_unchanged() -> None:
    body = {"name": "Zoë 🚲", "parameters": {"a": [1, 2.5, None, True, {"b": 2**63 - 1}]}}
    assert Thing.model_validate(body).model_dump() == body
