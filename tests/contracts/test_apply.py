"""That what is applied is what the API server keeps, so that applying it again is no change."""

from infra.rendering.values import leaves, path_text
from tests.contracts.programs import every_program, recorded


@every_program
def test_no_list_is_given_empty(program: str) -> None:
    """The API server drops it, and takes the next one for a change (a new generation)."""
    found = [
        f"{manifest['kind']} {manifest['metadata']['name']}: {path_text(path)}"
        for manifest in recorded(program).manifests
        for path, value in leaves(manifest)
        if value == []
    ]
    assert found == []
