"""Secrets and unknown values on their way between the engine and the cluster."""

from pulumi.runtime import rpc

from tests.kubernetes_provider.property_map import (
    MARK,
    SECRET,
    annotated,
    has_unknown,
    plain,
    struct,
    wire,
)


def secret(value: object) -> dict[str, object]:
    return {MARK: SECRET, "value": value}


def test_values_pass_the_wire_with_their_marks_and_plain_ones_have_none() -> None:
    given = {"a": secret({"b": 1}), "c": [1, 2.5, None, True, "x"]}
    arrived = wire(struct(given))
    assert arrived == given
    assert plain(arrived) == {"a": {"b": 1}, "c": [1, 2.5, None, True, "x"]}
    assert isinstance(plain(arrived)["a"]["b"], int)


def test_an_unknown_value_is_found_however_deep() -> None:
    assert has_unknown({"a": [{"b": rpc.UNKNOWN}]})
    assert not has_unknown({"a": [{"b": "known"}]})


def test_a_secret_stays_one_where_the_cluster_gives_it_back() -> None:
    outputs = {"spec": {"args": ["a", "b"], "image": "x"}, "status": {}}
    inputs = {"spec": {"args": ["a", secret("b")], "image": "x"}}
    marked = annotated(outputs, inputs)
    assert marked["spec"] == {"args": secret(["a", "b"]), "image": "x"}
    assert annotated(outputs, {"spec": secret({})})["spec"] == secret(outputs["spec"])


def test_the_data_of_a_secret_is_one_whatever_the_program_said() -> None:
    outputs = {"kind": "Secret", "data": {"p": "b25l"}, "metadata": {"name": "s"}}
    assert annotated(outputs, {}) == {**outputs, "data": secret({"p": "b25l"})}
