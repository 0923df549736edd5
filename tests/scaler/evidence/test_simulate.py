import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scaler.core.elasticity import elasticity
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.series import Floats, Series
from scaler.evidence.hpa import Hpa
from scaler.evidence.simulate import FAULTS, command, faulty, ours, part
from scaler.evidence.trace import read_trace

POLICIES = {
    *("autoserve", "hpa", "hpa_same_cost", "hpa_same_tau", "queue", "holt_winters", "fft"),
}
MEASURES = {
    *("tau_u", "theta_u", "tau_o", "theta_o", "instability", "replica_hours"),
    *("slo_violations", "target"),
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def result_of(path: Path, *more: object) -> dict[str, Any]:
    file = path.with_suffix(".json")
    done = run("--trace", path, "--json", file, *more)
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def said_of(peaks: Floats) -> list[Forecast | Absence]:
    """Of each step a peak, NaN for none; every surprise is thought to stay."""
    spoken: list[Forecast | Absence] = []
    for step, peak in enumerate(peaks.tolist()):
        if np.isfinite(peak):
            common = {"step": step, "leads": (1,), "levels": (0.5, 0.95), "skill": 0.0}
            quantiles, peaks_ = np.array([[peak / 2, peak]]), np.array([peak / 2, peak])
            one = Forecast(**common, quantiles=quantiles, peaks=peaks_, now=peak, gain=1.0)  # type: ignore[arg-type]
            spoken.append(one)
        else:
            spoken.append(Absence(why=Why.FITTING, sentence="it is being fitted"))
    return spoken


def peaks_of(said: Sequence[Forecast | Absence]) -> Floats:
    return np.array([each.peak if isinstance(each, Forecast) else np.nan for each in said])


def right(load: Floats, ahead: int = 2) -> list[Forecast | Absence]:
    return said_of(np.array([load[at : at + ahead + 1].max() for at in range(len(load))]))


def series(load: Floats) -> Series:
    return Series(step_ms=60_000, first=1_000, values=load)


def test_every_policy_has_every_measure(daily: Path) -> None:
    result = result_of(daily, "--reactive-target", "0.9")
    assert set(result) == {"policies", "timing"}
    assert set(result["policies"]) == POLICIES
    for found in result["policies"].values():
        assert set(found) == MEASURES
    ours_, same = result["policies"]["autoserve"], result["policies"]["hpa_same_cost"]
    assert 0.98 * ours_["replica_hours"] <= same["replica_hours"] <= ours_["replica_hours"]
    assert result["policies"]["hpa_same_tau"]["tau_u"] <= ours_["tau_u"]
    assert result["policies"]["hpa"]["target"] == 0.9


def test_the_same_data_and_seed_give_the_same_figures(daily: Path) -> None:
    each = [result_of(daily, "--fault", "shuffle", "--seed", 3)["policies"] for _ in range(2)]
    other = result_of(daily, "--fault", "shuffle", "--seed", 4)["policies"]
    assert each[0] == each[1]
    assert each[0]["autoserve"] != other["autoserve"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_it_worse_than_the_autoscaler(daily: Path, fault: str) -> None:
    found = result_of(daily, "--fault", fault, "--reactive-target", "0.9")["policies"]
    assert found["autoserve"]["tau_u"] <= found["hpa"]["tau_u"]
    assert found["autoserve"]["replica_hours"] <= 1.5 * found["hpa"]["replica_hours"]


def test_a_faultless_floor_helps(daily: Path) -> None:
    found = result_of(daily, "--reactive-target", "0.9", "--startup", "300")["policies"]
    assert found["autoserve"]["tau_u"] < 0.5 * found["hpa"]["tau_u"]


def test_at_each_tick_it_asks_for_what_the_formula_gives_within_service_and_cost() -> None:
    rng = np.random.default_rng(2)
    load = np.maximum(60 + 50 * np.sin(np.arange(1_200) / 40) + rng.normal(0, 6, 1_200), 0)
    over = part(series(load), 1_600, target=0.9)
    for fault in FAULTS:
        found = ours(over, faulty(right(load[600:]), fault, seed=1), horizon_s=300)
        alone = over.scenario.run(Hpa(over.scenario))
        ratio = over.scenario.load / (found.supply * over.scenario.capacity * 0.9)
        formula = np.ceil(found.supply * ratio)
        current = np.concatenate([[found.demand[0]], found.asked[:-1]])
        formula = np.where(np.abs(ratio - 1) <= 0.1, current, formula)
        assert (found.asked >= formula).all()
        assert found.measures.under_time <= alone.measures.under_time
        assert found.measures.replica_hours <= 1.5 * alone.measures.replica_hours


def test_the_scored_part_alone_is_simulated_with_the_capacity_of_the_other() -> None:
    load = np.concatenate([np.full(100, 40.0), np.full(60, 90.0)])
    over = part(series(load), 1_100)
    assert over.scenario.capacity == 2.0
    assert over.scenario.load.tolist() == [90.0] * (59 * 4 + 1)
    assert over.step_of[:9].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert over.scenario.demand.tolist() == [45] * (59 * 4 + 1)


def test_a_tick_need_not_divide_the_step() -> None:
    load = np.arange(200.0)
    over = part(series(load), 1_100, tick_s=40.0)
    assert over.scenario.load[:4] == pytest.approx([100, 100 + 2 / 3, 101 + 1 / 3, 102])
    assert over.step_of[:7].tolist() == [0, 0, 1, 2, 2, 3, 4]


def test_faults_change_all_that_was_said() -> None:
    said = said_of(np.array([np.nan, 1.0, 2.0, 3.0]))
    scales = {"none": 1.0, "zero": 0.0, "half": 0.5, "double": 2.0}
    for fault, scale in scales.items():
        found = faulty(said, fault, seed=0)
        np.testing.assert_array_equal(peaks_of(found)[1:], scale * np.array([1.0, 2.0, 3.0]))
        assert isinstance(found[0], Absence)
        assert isinstance(found[3], Forecast)
        assert (found[3].median, found[3].now) == (scale * 1.5, 3.0)
    assert np.isnan(peaks_of(faulty(said, "nan", seed=0))).all()
    assert peaks_of(faulty(said, "stale", seed=0)).tolist() == [1.0] * 4
    shuffled = peaks_of(faulty(said_of(np.arange(50.0)), "shuffle", seed=1)).tolist()
    assert sorted(shuffled) == list(range(50))
    assert shuffled != list(range(50))


def test_measures_are_those_of_the_run(daily: Path) -> None:
    """Figures of the JSON beside the same measures, computed anew from the trace."""
    trace = read_trace(daily)
    found = result_of(daily, "--reactive-target", "0.85", "--startup", "60")["policies"]["hpa"]
    over = part(trace.series, trace.half, target=0.85, startup_s=60.0)
    run_ = over.scenario.run(Hpa(over.scenario))
    measured = elasticity(
        demand=run_.demand, supply=run_.supply, load=run_.load, capacity=over.scenario.capacity
    )
    assert found["tau_u"] == pytest.approx(measured.under_time)
    assert found["theta_o"] == pytest.approx(measured.over_amount)
    assert found["replica_hours"] == pytest.approx(run_.supply.sum() * 15 / 3_600)
    assert found["slo_violations"] == pytest.approx(measured.violations)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--reactive-target", "1.5"], "Invalid value for '--reactive-target'", id="t"),
        pytest.param(["--fault", "fire"], "Invalid value for '--fault'", id="fault"),
        pytest.param(["--startup", "0"], "Invalid value for '--startup'", id="startup"),
        pytest.param(
            ["--train-until", "soon"], "daily.csv: --train-until: found 'soon'", id="time"
        ),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(
    daily: Path, arguments: list[str], message: str
) -> None:
    file = daily.with_suffix(".json")
    done = run("--trace", daily, "--json", file, *arguments)
    assert done.exit_code != 0
    assert message in done.output
    assert not file.exists()


def test_a_training_part_without_load_has_no_capacity(tmp_path: Path) -> None:
    path = tmp_path / "idle.csv"
    path.write_text("\n".join(f"{60 * at},{int(at > 60)}" for at in range(100)))
    done = run("--trace", path)
    assert done.exit_code == 1
    message = (
        "idle.csv: value: found a 99th percentile of 0 before --train-until, allowed more than 0"
    )
    assert done.output.strip().endswith(message)
    path.write_text("\n".join(f"{60 * at},{int(at % 150 == 9)}" for at in range(450)))
    done = run("--trace", path)
    assert f"{message}, as a higher --capacity-percentile gives" in done.output
    assert run("--trace", path, "--capacity-percentile", "100").exit_code == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("", "value: found none after --train-until, allowed at least one", id="none"),
        pytest.param(
            "1e12", "value: found 2e+13 times the capacity, allowed at most", id="immense"
        ),
    ],
)
def test_a_scored_part_that_nothing_can_be_simulated_on_is_refused(
    tmp_path: Path, value: str, message: str
) -> None:
    path = tmp_path / "load.csv"
    path.write_text("\n".join(f"{60 * at},{1 if at < 50 else value}" for at in range(100)))
    done = run("--trace", path, "--json", tmp_path / "found.json")
    assert done.exit_code == 1
    assert message in done.output
    assert not (tmp_path / "found.json").exists()


@pytest.mark.parametrize(("startup", "tick", "seed"), [(97, 15, 9), (60, 50, 96)])
def test_a_start_up_between_two_ticks_is_the_same_for_all(
    startup: int, tick: int, seed: int
) -> None:
    walk = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.1, 300)))
    load = np.clip(np.concatenate([np.full(300, 100.0), 50 * walk]), 0, 2_000)
    over = part(series(load), 1_300, target=0.9, startup_s=startup, tick_s=tick)
    found = ours(over, faulty(right(load[300:]), "zero", seed=1), horizon_s=300)
    alone = over.scenario.run(Hpa(over.scenario))
    assert found.measures.under_time <= alone.measures.under_time


def test_more_ticks_than_memory_holds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("\n".join(f"{86_400 * at},1" for at in range(20_000)))
    done = run("--trace", path, "--tick", "1")
    assert done.exit_code == 1
    assert "days.csv: --tick: found 1 s, allowed at least 72 s here" in done.output


def test_a_plot_is_drawn(daily: Path) -> None:
    file = daily.with_suffix(".svg")
    assert run("--trace", daily, "--plot", file).exit_code == 0
    text = file.read_text()
    assert text.startswith("<?xml")
    assert text.count("<path") > 20
