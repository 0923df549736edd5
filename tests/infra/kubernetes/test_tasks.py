"""Commands that run to their end before the new version serves."""

from typing import Any

from tests.infra.kubernetes.stacks import found, of

DEV = of()


def name_of(job: str, **settings: Any) -> str:
    manifest = of(**settings).named(job, "batch/v1:Job").manifest
    assert manifest is not None
    name: str = manifest["metadata"]["name"]
    return name


def test_a_new_version_serves_only_after_its_migration() -> None:
    api = DEV.named("api", ":Workload")
    after = {DEV.resources[key].name for key in api.options.depends_on if key in DEV.resources}
    assert {"migrate-app", "redis"} <= after
    migration = DEV.named("migrate-app", ":Task")
    before = {DEV.resources[key].name for key in migration.options.depends_on}
    assert "database" in before


def test_a_job_runs_again_when_what_it_is_made_of_changes() -> None:
    usual = name_of("migrate-app")
    assert usual == name_of("migrate-app", data={"scrapeIntervalS": 30})
    assert usual != name_of("migrate-app", resources={"jobs": {"cpuRequestM": 300}})


def test_the_first_users_password_is_given_and_kept_in_a_secret() -> None:
    secret = DEV.named("first-user-secrets", "v1:Secret").inputs["stringData"]
    assert "AUTOSERVE_FIRST_USER_PASSWORD" in secret


def test_a_job_ends_and_is_not_started_for_ever() -> None:
    job = DEV.named("database", "batch/v1:Job").inputs["spec"]
    assert job["backoffLimit"] == 6
    assert job["activeDeadlineSeconds"] == 300
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_a_job_has_no_probes_and_no_token() -> None:
    name = name_of("migrate-app")
    spec = found(DEV, "Job", name)["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not {"readinessProbe", "livenessProbe", "startupProbe"} & spec["containers"][0].keys()


def test_a_job_that_failed_is_not_in_the_way_of_the_next_run() -> None:
    job = DEV.named("migrate-app", "batch/v1:Job")
    assert job.inputs["metadata"]["annotations"]["pulumi.com/replaceUnready"] == "true"
    assert job.options.delete_before_replace is True
