"""The table of images: a version for each, and a digest only where a registry gave it."""

import json
import re
from pathlib import Path

import pytest

from infra.kubernetes.settings import ImageSettings
from infra.platform.images import (
    OWN,
    THIRD_PARTY,
    Image,
    ImageUnknownError,
    digests,
    image,
    images_of,
    keep,
    reference,
)

SETTINGS = ImageSettings(registry="registry.example.org/team", tag="1.2.3")
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


@pytest.mark.parametrize("each", THIRD_PARTY, ids=lambda each: each.name)
def test_a_third_partys_image_names_its_registry_and_a_whole_version(each: Image) -> None:
    host, _, rest = each.repository.partition("/")
    assert "." in host
    assert rest
    assert re.match(r"v?\d+\.\d+", each.tag), each.tag
    assert "bitnami" not in each.repository


def test_our_images_lie_where_the_settings_say() -> None:
    ours = {each.name: reference(each) for each in images_of(SETTINGS, {}) if each.name in OWN}
    assert ours["scaler"] == "registry.example.org/team/scaler:1.2.3"
    assert set(ours) == set(OWN)


def test_a_reference_has_the_digest_where_it_is_known() -> None:
    bare = Image(name="redis", repository="docker.io/library/redis", tag="8.8.2")
    pinned = Image(name="redis", repository="docker.io/library/redis", tag="8.8.2", digest=DIGEST)
    assert reference(bare) == "docker.io/library/redis:8.8.2"
    assert reference(pinned) == f"docker.io/library/redis:8.8.2@{DIGEST}"


def test_a_changed_tag_does_not_get_the_digest_of_the_old_one() -> None:
    known = {"registry.example.org/team/app:1.2.2": DIGEST}
    assert all(each.digest == "" for each in images_of(SETTINGS, known))


def test_the_tables_file_has_whole_digests_only() -> None:
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests().values())


def test_an_unknown_image_is_named_with_what_there_is() -> None:
    with pytest.raises(ImageUnknownError, match=r"found 'postgre'; allowed: app, .*postgres"):
        image("postgre", SETTINGS)


def test_digests_of_a_third_partys_older_tags_go_and_all_others_stay(tmp_path: Path) -> None:
    redis = next(each for each in THIRD_PARTY if each.name == "redis")
    file = tmp_path / "digests.json"
    ours = "registry.example.org/team/app:1.2.2"
    file.write_text(json.dumps({ours: OTHER, f"{redis.repository}:7.0.0": OTHER}))
    keep({redis.tagged: DIGEST}, file)
    assert digests(file) == {ours: OTHER, redis.tagged: DIGEST}
    assert [path.name for path in tmp_path.iterdir()] == ["digests.json"]
