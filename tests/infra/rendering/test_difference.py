"""Differences of renderings: what a reviewer must see, and nothing that is the same."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pulumi_kubernetes as kubernetes

from infra.rendering.difference import ABSENT, Difference, Rendering, difference
from infra.rendering.difference_text import LONGEST_TEXT, as_json, as_markdown
from infra.rendering.document import document
from infra.rendering.implied_peers import implied_pods
from infra.rendering.port_ranges import PortRange, PortSet
from infra.rendering.recording import record
from infra.rendering.render import render, texts
from tests.infra.rendering.programs import platform


def thing(kind: str = "ConfigMap", name: str = "thing", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def between(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Difference:
    return difference(Rendering.of(map(document, before)), Rendering.of(map(document, after)))


def changes(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    found = between([thing(spec=before)], [thing(spec=after)])
    return {
        change.path: (change.before, change.after)
        for each in found.changed
        for change in each.changes
    }


def markdown(found: Difference) -> str:
    return as_markdown(found, before="dev", after="prod")


def egress_to(name: str, **port: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": name}}
    rule = {"to": [{"podSelector": selector}], "ports": [port]}
    return thing(
        "NetworkPolicy",
        "out",
        spec={"podSelector": {"matchLabels": {"app": "a"}}, "egress": [rule]},
    )


def workload(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name}]}}
    return thing("Deployment", name, spec={"template": template})


def test_a_rendering_does_not_differ_from_itself(tmp_path: Path) -> None:
    recording = record(platform, stack="dev")
    render(recording, tmp_path)
    found = difference(Rendering.in_folder(tmp_path), Rendering.of(texts(recording).values()))
    assert not found
    assert markdown(found) == "### `dev` → `prod`\n\nNo difference.\n"
    assert not any(as_json(found).values())


def test_objects_that_come_and_go_are_named() -> None:
    custom = {**thing("Certificate", "edge"), "apiVersion": "cert-manager.io/v1"}
    found = between([thing("Secret", "old")], [thing("Deployment", "new"), custom])
    assert found.added == ("Certificate.cert-manager.io shop/edge", "Deployment shop/new")
    assert found.removed == ("Secret shop/old",)


def test_a_changed_field_has_its_path_and_both_values() -> None:
    assert changes({"a": {"b.c": 1}, "d": True}, {"a": {"b.c": 2}, "d": True}) == {
        'spec.a["b.c"]': (1, 2)
    }


def test_a_field_of_one_side_only_is_told_from_an_empty_one() -> None:
    assert changes({"a": ""}, {"b": None}) == {"spec.a": ("", ABSENT), "spec.b": (ABSENT, None)}


def test_items_with_names_are_compared_by_name() -> None:
    before = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    after = [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]
    assert changes({"env": before}, {"env": after}) == {
        "spec.env[A]": ({"name": "A", "value": "1"}, ABSENT),
        "spec.env[B].value": ("2", "3"),
        "spec.env[C]": (ABSENT, {"name": "C", "value": "4"}),
    }


def test_items_without_names_are_compared_by_place_or_as_a_whole() -> None:
    assert changes({"args": ["a", "b"]}, {"args": ["a", "c"]}) == {"spec.args[1]": ("b", "c")}
    assert changes({"args": ["a"]}, {"args": ["a", "b"]}) == {"spec.args": (["a"], ["a", "b"])}


def test_an_object_that_the_provider_names_anew_is_still_the_same() -> None:
    before, after = (
        Rendering.of(texts(record(partial(platform, greeting), stack="dev")).values())
        for greeting in ("hello", "goodbye")
    )
    found = difference(before, after)
    assert (found.added, found.removed) == ((), ())
    assert [each.title for each in found.changed] == [
        "ConfigMap shop/settings",
        "Deployment shop/api",
    ]
    paths = [change.path for each in found.changed for change in each.changes]
    assert paths == [
        "data.greeting",
        "metadata.name",
        "spec.template.spec.containers[api].env[SETTINGS].value",
    ]


def test_a_job_with_a_new_name_for_new_content_is_still_the_same() -> None:
    def job(suffix: str, image: str) -> dict[str, Any]:
        made = workload("migrate")
        metadata = {
            "name": f"migrate-{suffix}",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "migrate"},
        }
        made["spec"]["template"]["spec"]["containers"][0]["image"] = image
        return {**made, "kind": "Job", "metadata": metadata}

    found = between([job("0a1b2c3d", "a:1")], [job("d3c2b1a0", "a:2")])
    assert (found.added, found.removed, found.gained, found.lost) == ((), (), (), ())
    assert [each.title for each in found.changed] == ["Job shop/migrate"]
    renamed = between([job("first", "a:1")], [job("second", "a:1")])
    assert renamed.added == ("Job shop/migrate-second",)


def test_of_secrets_only_the_keys_differ() -> None:
    before, after = (
        Rendering.of(texts(record(partial(platform, key_name=name), stack="dev")).values())
        for name in ("old", "new")
    )
    text = markdown(difference(before, after))
    assert '`metadata.annotations["autoserve/secret-keys"]`: `old` → `new`' in text
    assert "made-up" not in text


def test_connections_that_open_or_close_are_listed_by_port() -> None:
    pods = [workload("a"), workload("b")]
    found = between(
        [*pods, egress_to("b", port=80, endPort=90)], [*pods, egress_to("b", port=85, endPort=95)]
    )
    assert [str(edge) for edge in found.gained] == ["shop/a -> shop/b TCP 91-95"]
    assert [str(edge) for edge in found.lost] == ["shop/a -> shop/b TCP 80-84"]
    assert "| + | shop/a | shop/b | TCP 91-95 |" in markdown(found)
    assert as_json(found)["lost"] == [
        {"from": "shop/a", "to": "shop/b", "protocol": "TCP", "first_port": 80, "last_port": 84}
    ]


def test_peers_that_appear_at_run_time_are_known_by_their_labels() -> None:
    pods, opening = [workload("a")], egress_to("gateway", port=80)
    (implied,) = implied_pods(pods, policies=[opening])
    assert implied.title == "shop/app=gateway"
    found = between([*pods, egress_to("a", port=1)], [*pods, opening])
    assert [str(edge) for edge in found.gained] == ["shop/a -> shop/app=gateway TCP 80"]


def test_a_peer_that_only_one_side_names_is_there_on_both() -> None:
    pods = [workload("a")]
    found = between(pods, [*pods, egress_to("gateway", port=80)])
    assert not [edge for edge in found.gained if "gateway" in edge.target]


def test_releases_of_others_are_compared_by_address() -> None:
    def rendering(*addresses: str) -> Rendering:
        listed = "\n".join(f"  - {address}" for address in addresses)
        return Rendering.of([f"kind: Kustomization\nresources:\n{listed}\n"])

    found = difference(rendering("https://a/1"), rendering("https://a/2"))
    assert (found.releases_added, found.releases_removed) == (("https://a/2",), ("https://a/1",))
    assert "+ https://a/2\n- https://a/1\n" in markdown(found)


def test_long_values_are_shown_where_they_part() -> None:
    text = markdown(between([thing(v="x" * 500 + "old")], [thing(v="x" * 500 + "new")]))
    assert f"`v`: `…{'x' * 20}old` → `…{'x' * 20}new`" in text
    assert "`b`: removed `1`" in markdown(between([thing(b=1)], [thing()]))


def test_long_texts_are_counted_by_lines() -> None:
    text = markdown(between([thing(v="a\nb\nc\n")], [thing(v="a\nx\ny\nc\n")]))
    assert "`v`: 2 lines more, 1 lines less" in text


def test_objects_that_change_alike_are_listed_together() -> None:
    before = [thing(name=name, v=1) for name in ("one", "two")]
    text = markdown(between(before, [{**each, "v": 2} for each in before]))
    assert "- **ConfigMap shop/one**, **ConfigMap shop/two**\n  - `v`: `1` → `2`\n" in text


def test_values_cannot_break_out_of_their_code_span() -> None:
    text = markdown(between([thing(v="a")], [thing(v="`# not a heading`")]))
    assert "→ `'# not a heading'`" in text


def test_a_difference_that_no_comment_could_hold_is_cut() -> None:
    many = [thing(name=f"object-{number}", v=1) for number in range(3_000)]
    found = between(many, [])
    assert len(markdown(found)) <= LONGEST_TEXT + 100
    assert "lines more: `autoserve diff` prints all with `--json`" in markdown(found)
    assert len(json.loads(json.dumps(as_json(found)))["removed"]) == 3_000


def test_sets_of_ports_subtract() -> None:
    def ports(*ranges: tuple[int, int]) -> PortSet:
        return PortSet.of(PortRange("TCP", first, last) for first, last in ranges)

    assert ports((1, 10)) - ports((3, 4), (6, 6)) == ports((1, 2), (5, 5), (7, 10))
    assert ports((1, 10)) - ports((1, 10)) == PortSet()
    assert ports((1, 10)) - PortSet((PortRange("UDP", 1, 10),)) == ports((1, 10))


def test_a_namespace_is_compared_as_an_object_too() -> None:
    def program(label: str) -> None:
        metadata: Any = {"name": "shop", "labels": {"level": label}}
        kubernetes.core.v1.Namespace("shop", metadata=metadata)

    before, after = (
        Rendering.of(texts(record(partial(program, label), stack="dev")).values())
        for label in ("baseline", "restricted")
    )
    (changed,) = difference(before, after).changed
    assert (changed.title, changed.changes[0].path) == ("Namespace shop", "metadata.labels.level")
