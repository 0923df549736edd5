"""A wrong setting is refused with its key, what was found and what is allowed."""

import pytest

from infra.settings import Settings, SettingsError


def test_an_empty_configuration_gives_the_defaults() -> None:
    assert Settings.load({}) == Settings()


def test_keys_of_other_namespaces_are_left_alone() -> None:
    assert Settings.load({"aws:region": "eu-central-1"}) == Settings()


def test_nested_values_arrive_as_json() -> None:
    settings = Settings.load({"autoserve:api": '{"minReplicas": 3, "maxReplicas": 5}'})
    assert (settings.api.min_replicas, settings.api.max_replicas) == (3, 5)


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port_base = 9_000  # type: ignore[misc]


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        pytest.param(
            {"autoserve:portBas": "9000"},
            [
                "autoserve:portBas: unknown setting (found 9000); allowed: "
                "api, data, logLevel, portBase, scaler, timeFactor, worker"
            ],
            id="unknown-key",
        ),
        pytest.param(
            {"autoserve:portBase": "80"},
            ["autoserve:portBase: found 80; allowed: integer from 1024 to 65000"],
            id="out-of-range",
        ),
        pytest.param(
            {"autoserve:portBase": "many"},
            ["autoserve:portBase: found 'many'; allowed: integer from 1024 to 65000"],
            id="wrong-type",
        ),
        pytest.param(
            {"autoserve:api": "3"},
            ["autoserve:api: found 3; allowed: object"],
            id="a-number-for-a-group",
        ),
        pytest.param(
            {"autoserve:scaler": '{"mode": "on", "quantile": 0.5}'},
            [
                "autoserve:scaler.mode: found 'on'; allowed: 'off' or 'observe' or 'enforce'",
                "autoserve:scaler.quantile: found 0.5; allowed: number above 0.5 below 1",
            ],
            id="two-at-once",
        ),
        pytest.param(
            {"autoserve:worker": '{"minReplicas": 6, "maxReplicas": 2}'},
            ["autoserve:worker: minReplicas 6 is above maxReplicas 2"],
            id="bounds-crossed",
        ),
        pytest.param(
            {"autoserve:scaler": '{"horizonS": 30}'},
            ["autoserve:scaler: horizonS 30 is below stepS 60"],
            id="horizon-below-step",
        ),
        pytest.param(
            {"autoserve:scaler": '{"startupS": 400}'},
            ["autoserve:scaler: horizonS 300 is below startupS 400"],
            id="a-replica-asked-for-now-comes-after-the-horizon",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    config: dict[str, str], lines: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(config)
    assert caught.value.problems == lines
