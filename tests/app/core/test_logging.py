import io
import json
import logging as standard
from collections.abc import Iterator

import pytest
import structlog

from app.core import correlation, logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = standard.getLogger()
    handlers, level = root.handlers, root.level
    output = io.StringIO()
    logging.configure(service="api", level="info", stream=output)
    yield output
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    correlation.bind(None)


def test_each_line_is_json_with_the_service_and_the_correlation_id(stream: io.StringIO) -> None:
    correlation.bind("order-66")
    structlog.get_logger("x").info("something", count=3)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "something",
        "count": 3,
        "level": "info",
        "service": "api",
        "correlation_id": "order-66",
    }


def test_lines_of_libraries_take_the_same_way(stream: io.StringIO) -> None:
    standard.getLogger("library").warning("it said %s", "so")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["service"]) == ("it said so", "warning", "api")


def test_an_error_carries_its_trace_in_one_line(stream: io.StringIO) -> None:
    try:
        raise ValueError("oh")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "ValueError: oh" in json.loads(stream.getvalue())["exception"]


def test_less_important_lines_are_left_out(stream: io.StringIO) -> None:
    structlog.get_logger("x").debug("detail")
    assert stream.getvalue() == ""
