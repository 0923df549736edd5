"""The demo profile: the stack's own settings and one more, in a copy."""

from pathlib import Path

import pytest

from infra.local.demo.client import DemoError
from infra.local.demo.profile import read_settings, settings_file, with_factor

TEXT = """\
config:
  autoserve:portBase: "9700"
  autoserve:worker:
    maxReplicas: 3
encryptionsalt: v1:abc
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "Pulumi.local.yaml"
    path.write_text(text)
    return path


def test_the_address_follows_from_the_port_base(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, TEXT))
    assert settings.address == "http://127.0.0.1:9700"
    assert settings.settings.worker.max_replicas == 3


def test_the_factor_is_added_and_everything_else_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    document = with_factor(read_settings(path).document, 20.0)
    assert document["config"]["autoserve:timeFactor"] == 20.0
    assert document["config"]["autoserve:worker"] == {"maxReplicas": 3}
    assert document["encryptionsalt"] == "v1:abc"
    assert path.read_text() == TEXT


def test_the_tracked_settings_can_be_read() -> None:
    assert read_settings(settings_file("local")).settings.time_factor == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("config:\n  autoserve:portbase: 9\n", "portbase: unknown", id="unknown-key"),
        pytest.param("config:\n  autoserve:portBase: 80\n", "found 80; allowed", id="out-of-range"),
        pytest.param("config: [", "no settings of a stack", id="no-yaml"),
        pytest.param("text", "no settings of a stack", id="no-mapping"),
    ],
)
def test_wrong_settings_stop_the_demo(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        read_settings(written(tmp_path, text))
