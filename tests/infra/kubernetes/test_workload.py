"""What a description becomes in a cluster."""

from infra.rendering.recording import Recording
from infra.rendering.values import SecretValue, revealed
from infra.services.catalogue import catalogue
from infra.settings import Settings
from tests.infra.kubernetes.stacks import container, found, of, pod

DEV = of()


def variables(name: str) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in container(DEV, name)["env"]}


def test_every_service_of_the_catalogue_has_its_workload() -> None:
    names = {
        each.name for each in DEV.resources.values() if each.type == "autoserve:kubernetes:Workload"
    }
    local = {service.name for service in catalogue(Settings()).services}
    assert names == (local - {"edge"}) | {"web"}


def test_a_variable_that_holds_a_secret_comes_from_a_secret() -> None:
    url = variables("api")["AUTOSERVE_DATABASE_URL"]
    secret = DEV.named("api-secrets", "v1:Secret")
    reference = url["valueFrom"]["secretKeyRef"]  # type: ignore[index]  # a manifest's text
    assert reference["key"] == "AUTOSERVE_DATABASE_URL"
    assert secret.manifest is not None
    assert reference["name"] == secret.manifest["metadata"]["name"]
    value = secret.inputs["stringData"]["AUTOSERVE_DATABASE_URL"]
    assert isinstance(value, SecretValue)
    assert revealed(value).endswith("@postgres.autoserve-data.svc:5432/autoserve")


def test_a_plain_variable_is_filled_in_for_the_cluster() -> None:
    assert variables("api")["AUTOSERVE_SCALER_URL"]["value"] == "http://scaler.autoserve.svc:8000"
    assert variables("api")["AUTOSERVE_HTTP_HOST"]["value"] == "0.0.0.0"  # noqa: S104 - in a pod
    assert variables("api")["AUTOSERVE_COOKIE_SECURE"]["value"] == "true"


def test_a_replica_that_keeps_data_is_one_of_a_stateful_set_whose_volume_outlives_it() -> None:
    spec = found(DEV, "StatefulSet", "postgres")["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "10Gi"}
    assert found(DEV, "Service", "postgres")["spec"]["clusterIP"] == "None"


def test_an_empty_volume_is_prepared_before_the_first_start_and_only_then() -> None:
    (prepare,) = pod(DEV, "postgres", "StatefulSet")["initContainers"]
    command = prepare["command"]
    creates = "/var/lib/autoserve/data/content/PG_VERSION"
    assert command[:5] == ["sh", "-c", '[ -e "$1" ] || { shift; exec "$@"; }', "prepare", creates]
    assert command[5:8] == ["initdb", "--pgdata", "/var/lib/autoserve/data/content"]
    assert "/etc/autoserve/password" in command


def test_files_with_a_secret_in_them_come_from_a_secret_and_the_others_from_a_config_map() -> None:
    volumes = {each["name"]: each for each in pod(DEV, "postgres", "StatefulSet")["volumes"]}
    files, secret = volumes["configuration"]["projected"]["sources"]
    assert files["configMap"]["name"].startswith("postgres-files-")
    assert secret["secret"]["items"] == [{"key": "password", "path": "password"}]
    (redis,) = {each["name"]: each for each in pod(DEV, "redis", "StatefulSet")["volumes"]}[
        "configuration"
    ]["projected"]["sources"]
    assert redis["secret"]["items"] == [{"key": "redis.conf", "path": "redis.conf"}]


def test_a_changed_file_renames_the_config_map_of_the_pods_that_use_it_and_no_other() -> None:
    changed = of(data={"scrapeIntervalS": 30})

    def names(recording: object) -> dict[str, str]:
        return {
            name: recording.named(f"{name}-files", "v1:ConfigMap").manifest["metadata"]["name"]  # type: ignore[attr-defined]
            for name in ("prometheus", "postgres", "web")
        }

    before, after = names(DEV), names(changed)
    assert before["prometheus"] != after["prometheus"]
    assert (before["postgres"], before["web"]) == (after["postgres"], after["web"])


def test_a_store_that_is_away_never_starts_a_pod_anew() -> None:
    """Readiness asks for the stores; liveness must not."""
    for name in ("api", "worker", "relay", "scaler"):
        probes = container(DEV, name)
        assert probes["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert probes["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert probes["startupProbe"]["httpGet"]["path"] == "/startupz"
    assert "livenessProbe" not in container(DEV, "postgres", "StatefulSet")


def test_a_pod_has_its_whole_drain_and_a_margin_before_it_is_killed() -> None:
    for service in catalogue(Settings()).services:
        if service.name == "worker":
            spec = pod(DEV, "worker")
            pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert spec["terminationGracePeriodSeconds"] > pause + service.drain_s


def test_what_a_scaler_writes_the_workload_leaves_alone() -> None:
    for name in ("api", "worker"):
        deployment = DEV.named(name, "apps/v1:Deployment")
        assert "replicas" not in deployment.inputs["spec"]
        assert deployment.options.ignore_changes == ("spec.replicas",)
    relay = DEV.named("relay", "apps/v1:Deployment")
    assert relay.inputs["spec"]["replicas"] == 1
    assert relay.options.ignore_changes == ()


def test_the_stores_are_the_last_that_a_node_short_of_memory_ends() -> None:
    for name in ("postgres", "redis"):
        resources = container(DEV, name, "StatefulSet")["resources"]
        assert resources["requests"] == resources["limits"]
    assert "cpu" not in container(DEV, "api")["resources"]["limits"]


def test_what_holds_data_is_protected_where_the_settings_say_so() -> None:
    def protected(recording: object) -> set[str]:
        resources = recording.resources.values()  # type: ignore[attr-defined]
        return {each.name for each in resources if each.options.protect and each.manifest}

    assert protected(DEV) == set()
    stores = {"postgres", "redis", "prometheus", "shared"}
    namespaces = {"services", "data", "observability"}  # all with claims of volumes in them
    assert protected(of({"protect": True})) == stores | namespaces


def test_a_generated_password_is_protected_with_the_data_that_it_opens() -> None:
    def protected(recording: Recording) -> set[bool]:
        tokens = ("RandomPassword", "PrivateKey")
        made = [each for each in recording.resources.values() if each.type.endswith(tokens)]
        assert len(made) == 7
        return {each.options.protect for each in made}

    assert protected(DEV) == {False}
    assert protected(of({"protect": True})) == {True}


def test_a_pull_secret_is_in_every_namespace_and_named_by_every_pod() -> None:
    stack = of({"images": {"pullSecret": '{"auths": {}}'}})
    pulls = [each for each in stack.manifests if each["metadata"]["name"] == "pull"]
    assert len({each["metadata"]["namespace"] for each in pulls}) == 4
    assert pod(stack, "api")["imagePullSecrets"] == [{"name": "pull"}]
    assert "imagePullSecrets" not in pod(DEV, "api")


def test_a_store_that_is_given_takes_the_place_of_ours() -> None:
    given = {"host": "db.example.org", "port": 5433, "cidrs": ["10.1.0.0/16"], "password": "known"}
    stack = of({"postgres": given})
    assert not [each for each in stack.manifests if each["kind"] == "StatefulSet"
                and each["metadata"]["name"] == "postgres"]  # fmt: skip
    secret = stack.named("api-secrets", "v1:Secret").inputs["stringData"]
    assert "@db.example.org:5433/" in revealed(secret["AUTOSERVE_DATABASE_URL"])
    roles = stack.named("database-secrets", "v1:Secret").inputs["stringData"]
    assert revealed(roles["PGPASSWORD"]) == "known"
    egress = found(stack, "NetworkPolicy", "api")["spec"]["egress"]
    assert {
        "to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}],
        "ports": [{"protocol": "TCP", "port": 5433}],
    } in egress
