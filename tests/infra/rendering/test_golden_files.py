"""What `dev` renders, as it was last looked at."""

import pytest

from tests.infra.rendering.golden_files import EXAMPLE, GOLDEN, NAMES, example, golden_files

WRITE = "python -m tests.infra.rendering.golden_files writes them anew"
MOST_LINES = 1_200


@pytest.mark.parametrize("name", NAMES)
def test_the_rendering_is_as_it_was_reviewed(name: str) -> None:
    file = GOLDEN / name
    assert file.exists(), WRITE
    assert golden_files()[name].splitlines() == file.read_text().splitlines(), WRITE


def test_the_example_in_the_documentation_is_what_the_command_prints() -> None:
    assert example().splitlines() == EXAMPLE.read_text().splitlines(), WRITE


def test_golden_files_are_small_enough_to_be_read() -> None:
    files = list(GOLDEN.iterdir())
    assert {file.name for file in files} == set(NAMES) == set(golden_files())
    assert sum(len(file.read_text().splitlines()) for file in files) <= MOST_LINES
