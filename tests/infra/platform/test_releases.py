"""The table of releases: pinned, complete, and without an invented checksum."""

import re
from collections import Counter
from typing import get_args

import pytest

from infra.kubernetes.settings import ReleaseName
from infra.platform.releases import RELEASES, Release, releases_of


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_an_address_names_its_version_and_is_encrypted(release: Release) -> None:
    assert release.url.startswith("https://")
    assert release.version in release.url
    assert not re.search(r"/(latest|main|master|HEAD)/", release.url)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_a_checksum_is_a_whole_one_or_none(release: Release) -> None:
    assert release.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", release.sha256)


def test_names_and_addresses_are_unique() -> None:
    for values in ([r.name for r in RELEASES], [r.url for r in RELEASES]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_whatever_a_stack_may_install_has_a_manifest() -> None:
    assert {release.part_of for release in RELEASES} == set(get_args(ReleaseName))


def test_definitions_come_before_what_uses_them_whatever_the_order_asked() -> None:
    names = [r.name for r in releases_of(["vpa", "nginx-gateway-fabric", "gateway-api"])]
    assert names == [
        "gateway-api",
        "nginx-gateway-fabric-crds",
        "nginx-gateway-fabric",
        "vpa-crds",
        "vpa-rbac",
        "vpa-recommender",
    ]


def test_a_stack_that_installs_nothing_needs_no_manifest() -> None:
    assert releases_of([]) == ()
