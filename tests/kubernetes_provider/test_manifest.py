"""Names that are generated, and annotations that are heeded."""

import pytest

from tests.kubernetes_provider.manifest import (
    AUTONAMED,
    Manifest,
    annotation,
    identity,
    named,
    seconds_for,
)

UNNAMED: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop"}}


def test_an_object_without_a_name_gets_one_from_its_logical_name() -> None:
    made = named(UNNAMED, {}, logical_name="api-settings", seed=b"1")
    prefix, suffix = made["metadata"]["name"].rsplit("-", 1)
    assert prefix == "api-settings"
    assert len(suffix) == 8
    assert annotation(made, AUTONAMED) == "true"
    assert identity(made) == f"shop/{made['metadata']['name']}"
    assert named(UNNAMED, {}, logical_name="api-settings", seed=b"2") != made


def test_a_generated_name_is_kept_by_later_updates() -> None:
    first = named(UNNAMED, {}, logical_name="api-settings", seed=b"1")
    assert named(UNNAMED, first, logical_name="api-settings", seed=b"2") == first


def test_a_name_of_the_program_is_never_touched() -> None:
    given = {**UNNAMED, "metadata": {"name": "mine"}}
    assert named(given, {}, logical_name="api-settings", seed=b"1") == given
    # It was the program's, so taking it away is a wish for a generated one.
    assert named(UNNAMED, given, logical_name="api", seed=b"1")["metadata"]["name"] != "mine"


@pytest.mark.parametrize(
    ("option_s", "annotated", "seconds"),
    [
        pytest.param(30.0, "60", 30.0, id="the-option-comes-first"),
        pytest.param(0.0, "60", 60.0, id="then-the-annotation"),
        pytest.param(0.0, "", 600.0, id="ten-minutes-otherwise"),
    ],
)
def test_how_long_an_operation_may_take(option_s: float, annotated: str, seconds: float) -> None:
    annotations = {"pulumi.com/timeoutSeconds": annotated} if annotated else {}
    manifest: Manifest = {"metadata": {"annotations": annotations}}
    assert seconds_for(manifest, option_s) == seconds
