import pytest

from app import contract
from app.core.settings import DatabaseSettings, ServiceSettings, Settings, SettingsError, load

URL = "postgresql://app:secret@127.0.0.1:5432/autoserve"


def test_a_whole_environment_is_read(environment: dict[str, str]) -> None:
    settings = load(Settings, {**environment, contract.MAX_CONCURRENT_REQUESTS: "7"})
    assert settings.max_concurrent_requests == 7
    assert settings.cors_origins == ("https://app.example.com",)


def test_an_empty_variable_counts_as_not_set(environment: dict[str, str]) -> None:
    assert load(Settings, {**environment, contract.PROMETHEUS_URL: ""}).prometheus_url is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param(contract.HTTP_PORT, "70000", id="port-out-of-range"),
        pytest.param(contract.HTTP_PORT, "eighty", id="port-no-number"),
        pytest.param(contract.DEFAULT_ROLE, "king", id="unknown-role"),
        pytest.param(contract.CORS_ORIGINS, "https://a.example", id="no-json-list"),
        pytest.param(contract.PROMETHEUS_URL, "not a url", id="no-url"),
        pytest.param(contract.DRAIN_S, "-1", id="negative-drain"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_found_and_what_is_allowed(
    environment: dict[str, str], variable: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, {**environment, variable: value})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{variable} is {value!r}; allowed: ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param(contract.DATABASE_URL, "mysql://u:hunter2@h/x", id="another-database"),
        pytest.param(contract.REDIS_URL, "http://:hunter2@h", id="no-redis"),
        pytest.param(contract.JWT_PRIVATE_KEY, "hunter2", id="no-key"),
    ],
)
def test_a_wrong_secret_is_named_and_not_shown(
    environment: dict[str, str], variable: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, {**environment, variable: value})
    assert variable in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, {})
    named = [problem.split()[0] for problem in caught.value.problems]
    assert named == [contract.DATABASE_URL, contract.REDIS_URL, contract.JWT_PRIVATE_KEY]


def test_a_worker_needs_no_signing_key_and_a_migration_no_redis() -> None:
    assert load(DatabaseSettings, {contract.DATABASE_URL: URL}).log_level == "info"
    redis = {contract.REDIS_URL: "redis://127.0.0.1/0"}
    assert load(ServiceSettings, {contract.DATABASE_URL: URL, **redis}).database_pool_size > 0


def test_every_setting_has_a_variable_of_the_contract_and_a_description() -> None:
    names = {value for value in vars(contract).values() if isinstance(value, str)}
    for name, field in Settings.model_fields.items():
        assert field.validation_alias in names, name
        assert field.description, name


def test_secrets_are_not_in_the_text_of_the_settings(environment: dict[str, str]) -> None:
    url = "postgresql://app:hunter2@127.0.0.1/x"
    assert "hunter2" not in repr(load(Settings, {**environment, contract.DATABASE_URL: url}))
