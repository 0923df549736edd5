"""``autoserve demo``: its errors before anything is changed, and its summary."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.local.demo.commands import demo, lead_lines, summary_lines

REPLAY: dict[str, Any] = {
    "submitted": 120,
    "states": {"succeeded": 118, "cancelled": 2},
    "waits": {"count": 118, "p50_s": 0.4, "p95_s": 3.2, "longest_s": 5.0},
    "lowest": 1,
    "highest": 6,
    "changes": 9,
    "last_reason": "Load fell.",
    "factor": 20.0,
    "model": "20260101T000000Z-1",
    "conditions": [],
    "lead": {
        "peak_at": 1_767_225_600.0,
        "peak": 9.0,
        "ready_at_peak": 6,
        "reactive_at_peak": 5,
        "replicas": 6,
        "ready_at": 1_767_225_592.0,
        "reactive_at": 1_767_225_606.0,
        "startup_s": 4.0,
        "lead_s": 18.0,
        "median_lead_s": 12.0,
    },
    "skill": {"points": 40, "forecast_wape": 0.1, "persistence_wape": 0.2, "skill": 0.5},
}


@pytest.fixture
def signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments with which nothing of this machine's platform is touched."""
    monkeypatch.setenv("AUTOSERVE_STATE_DIR", str(tmp_path / "state"))
    password = tmp_path / "password"
    password.write_text("secret\n")
    return ["--email", "ada@example.com", "--password-file", str(password)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--factor", "21"], "1<=x<=20", id="factor"),
        pytest.param(["--peak-rate", "0"], "0<x<=100", id="peak-rate"),
        pytest.param(["--shape", "yearly"], "'rushes', 'daily', 'weekly', 'bursts'", id="shape"),
        pytest.param(["--trace", "absent.csv"], "absent.csv: found No such file", id="trace"),
        pytest.param(["--csv", "absent.csv"], "absent.csv: No such file", id="csv"),
        pytest.param(["--minutes", "240", "--peak-rate", "90"], "at most 20000", id="tasks"),
        pytest.param(["--config-file", "absent.yaml"], "holds no settings", id="settings"),
    ],
)
def test_what_cannot_be_replayed_is_refused_before_anything_is_changed(
    signed_in: list[str], arguments: list[str], message: str
) -> None:
    result = CliRunner().invoke(demo, [*signed_in, *arguments])
    assert result.exit_code != 0
    assert message in result.output
    assert "secret" not in result.output


def test_a_platform_that_was_never_up_is_said(signed_in: list[str]) -> None:
    result = CliRunner().invoke(demo, [])
    assert result.exit_code == 1
    assert "bring the platform up first" in result.output


def test_a_password_needs_its_user(signed_in: list[str]) -> None:
    result = CliRunner().invoke(demo, signed_in[:2])
    assert result.exit_code == 1
    assert "give both or none" in result.output


def test_the_summary_has_tasks_waits_replicas_and_the_forecast() -> None:
    assert summary_lines(REPLAY) == [
        "tasks      120 submitted: 2 cancelled, 118 succeeded",
        "wait       p50 0.4 s, p95 3.2 s, longest 5.0 s",
        "replicas   1 to 6, 9 changes",
        "peak       load 9 at 00:00:00 UTC: 6 replicas were ready; "
        "with the reactive path alone 5 would have been",
        "lead       the 6 replicas that it needs were ready 18 s (6.0 minutes of the trace) before "
        "those of the reactive path alone would have been; on the way up +12 s in the median",
        "last one   Load fell.",
        "forecast   error 10% of the load, persistence 20%: skill +0.50 at 40 times",
    ]


def test_a_short_replay_says_that_the_forecast_was_not_judged() -> None:
    short = REPLAY | {"waits": None, "skill": None, "lead": None, "last_reason": "", "states": {}}
    assert summary_lines(short) == [
        "tasks      120 submitted: none",
        "replicas   1 to 6, 9 changes",
        "forecast   too little was seen to judge it",
    ]


def test_a_forecast_without_a_fitted_model_and_why_is_said() -> None:
    failed = REPLAY | {"model": None, "conditions": ["the last fit failed (MemoryError)"]}
    assert summary_lines(failed) == [
        *summary_lines(REPLAY),
        "model      none was fitted: persistence and past days alone were listened to",
        "note       the last fit failed (MemoryError)",
    ]


def test_replicas_that_were_late_or_never_ready_are_said() -> None:
    late = REPLAY["lead"] | {"lead_s": -3.0, "median_lead_s": -1.0}
    assert "were ready 3 s (1.0 minutes of the trace) after" in "".join(lead_lines(late, factor=20))
    level = REPLAY["lead"] | {"lead_s": 0.0, "median_lead_s": 0.0}
    assert "were ready as soon as those of the reactive" in "".join(lead_lines(level, factor=20))
    never = REPLAY["lead"] | {"lead_s": None, "ready_at": None}
    assert lead_lines(never, factor=20)[1] == (
        "lead       the 6 replicas that it needs were never ready"
    )
