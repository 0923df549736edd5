"""Commands of a service get the environment of its process."""

from pathlib import Path

import pytest

from infra.local.records import Record, Records
from infra.local.spec import ProcessSpec
from infra.local.state import StackPaths, StatePaths
from stacks.service_environment import ServiceUnknownError, environment_of


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    stack = StatePaths(root=tmp_path).stack("local")
    stack.prepare()
    return stack


def test_the_environment_has_its_placeholders_filled_in_and_its_secrets(paths: StackPaths) -> None:
    records = Records(paths)
    records.prepare()
    spec = ProcessSpec(
        name="api",
        command=("true",),
        environment={"AUTOSERVE_HTTP_PORT": "{port:http}"},
        secret_environment={"AUTOSERVE_DATABASE_URL": "postgresql://app:s3cret@127.0.0.1/x"},
        ports={"http": (18200,)},
    )
    records.write(Record(spec=spec, desired=1))
    assert environment_of("api", paths) == {
        "AUTOSERVE_HTTP_PORT": "18200",
        "AUTOSERVE_DATABASE_URL": "postgresql://app:s3cret@127.0.0.1/x",
    }


def test_a_stack_that_is_down_is_named_with_the_command_that_brings_it_up(
    paths: StackPaths,
) -> None:
    with pytest.raises(ServiceUnknownError, match=r"no process 'api' .*autoserve up --stack local"):
        environment_of("api", paths)
