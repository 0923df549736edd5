"""Jobs run to their end, once, and say why when they fail."""

import os
from pathlib import Path

import pytest

from infra.local.job_kind import JobFailedError, JobKind
from infra.local.launch import start_time
from infra.local.logs import job_log
from infra.local.state import StackPaths
from infra.local.values import UNKNOWN
from tests.conftest import wait_until

SECRET = "hidden-value-of-a-test"


@pytest.fixture
def jobs(paths: StackPaths) -> JobKind:
    return JobKind(paths)


def shell(text: str, **inputs: object) -> dict[str, object]:
    return {"command": ["sh", "-c", text], **inputs}


def test_a_job_runs_in_its_environment_and_leaves_its_log(jobs: JobKind, paths: StackPaths) -> None:
    inputs = shell("echo $COLOUR in $PWD", environment={"COLOUR": "blue"})
    assert jobs.create("paint", inputs) == {"outcome": "done"}
    assert "blue in " in job_log(paths, "paint").read_text()


def test_a_failed_job_shows_its_last_lines_without_secrets(jobs: JobKind) -> None:
    inputs = shell("echo bad password $PASSWORD; exit 3", secret_environment={"PASSWORD": SECRET})
    with pytest.raises(JobFailedError, match=r"job login failed with exit status 3") as caught:
        jobs.create("login", inputs)
    assert "bad password [secret]" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_only_the_lines_of_this_run_are_shown(jobs: JobKind) -> None:
    jobs.create("twice", shell("echo first run"))
    with pytest.raises(JobFailedError) as caught:
        jobs.create("twice", shell("echo second run; false"))
    assert "second run" in str(caught.value)
    assert "first run" not in str(caught.value)


def test_a_job_that_takes_too_long_is_ended_with_its_children(
    jobs: JobKind, paths: StackPaths
) -> None:
    note = paths.clone.root / "child"
    inputs = shell(f"sleep 600 & echo $! > {note}; wait", deadline_s=0.5)
    with pytest.raises(JobFailedError, match=r"found no end after 0\.5 s"):
        jobs.create("slow", inputs)
    child = int(note.read_text())
    wait_until(lambda: start_time(child) == 0, timeout_s=5, what="the child ended")


def test_a_job_is_skipped_while_what_it_creates_is_there(jobs: JobKind, paths: StackPaths) -> None:
    inputs = shell("date > {data}/made", creates="{data}/made", directories=["{data}"])
    made = paths.data("init") / "made"
    assert jobs.create("init", inputs) == {"outcome": "done"}
    made.write_text("kept")
    assert jobs.create("init", inputs) == {"outcome": "skipped"}
    assert made.read_text() == "kept"
    made.unlink()
    assert jobs.read("init", inputs) == {"outcome": "missing"}
    assert jobs.diff("init", inputs, inputs).live == ("outcome",)


def test_a_job_that_does_not_make_what_it_says_has_failed(jobs: JobKind) -> None:
    with pytest.raises(JobFailedError, match=r"did not make \{data\}/made"):
        jobs.create("init", shell("true", creates="{data}/made"))


def test_any_changed_input_runs_it_again(jobs: JobKind) -> None:
    found = jobs.diff("j", shell("true", triggers=["1"]), shell("true", triggers=["2"]))
    assert found.update == ("triggers",)
    assert jobs.diff("j", shell("true"), shell("true", triggers=[])).update == ()


def test_files_are_written_for_it_and_removed_with_it(jobs: JobKind, paths: StackPaths) -> None:
    inputs = shell("cat {etc}/a", files={"a": "text of a"})
    jobs.create("read", inputs)
    assert "text of a" in job_log(paths, "read").read_text()
    jobs.delete("read", inputs)
    assert not paths.etc("read").exists()


def test_what_it_is_told_does_not_outlive_it(jobs: JobKind, paths: StackPaths) -> None:
    jobs.create("login", shell("true", secret_environment={"PASSWORD": SECRET}))
    files = [path for path in paths.clone.root.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET in path.read_text(errors="replace")]


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        pytest.param({"command": []}, "command", id="no-command"),
        pytest.param(shell("true", deadline_s=0), "deadline_s", id="deadline"),
        pytest.param(shell("true", user="no-such-account"), "user", id="user"),
    ],
)
def test_inputs_that_cannot_be_used_are_named(
    jobs: JobKind, inputs: dict[str, object], field: str
) -> None:
    assert [name for name, _ in jobs.check("j", inputs)] == [field]


def test_what_is_not_known_yet_is_no_problem(jobs: JobKind) -> None:
    assert jobs.check("j", {"command": UNKNOWN, "user": UNKNOWN}) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as another user")
def test_a_job_runs_as_its_user(jobs: JobKind, paths: StackPaths) -> None:
    Path(paths.clone.root).chmod(0o755)
    jobs.create("who", shell("id -un; id -Gn", user="nobody"))
    assert "nobody\n" in job_log(paths, "who").read_text()
    assert "root" not in job_log(paths, "who").read_text()
