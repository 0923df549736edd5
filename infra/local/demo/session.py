"""One demo from its start to its end: work, replay, and everything put back as it was."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from infra.local.demo import profile, shapes
from infra.local.demo.client import Client, Credentials, DemoError, Json
from infra.local.demo.interrupt import Stop
from infra.local.demo.load import Load
from infra.local.demo.outcome import Outcome, outcome_of, own_tasks
from infra.local.demo.replay import Replay, arrival_times, replay_of, slots_in_use
from infra.local.demo.screen import Screen
from infra.local.demo.traces import Floats, Trace, TraceError, read_trace
from infra.local.demo.watch import WORKLOAD, Observation, Watcher
from infra.local.demo.work import Table, run_work
from infra.local.state import state_paths
from infra.local.supervision import Supervision

# The load just before the replay is replayed, too: until the forecast has learnt from the history.
LEAD_IN_S = 60.0  # a fit takes seconds, on a busy machine tens of them
SETTLED_STEPS = 2  # after the first tasks end the load is what the rates make it
GENERATED_DAYS = 15  # two weeks of history and a day to replay
MAX_TASKS = 20_000
LOOK_S = 2.0
# After the last arrival: until the queue is empty and the replicas have come down, at most.
SETTLE_S = 90.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the person asked for.

    Attributes:
        settings_file: the stack's settings outside of the demo.
        trace: a file of ``timestamp,value``; None generates ``shape`` from ``seed``.
        factor: how many times faster than in the trace, in [1, 20].
        minutes: length of the replay, here.
        peak_rate: tasks a second in the highest step.
        hold_s: seconds each task holds a slot.
        even: evenly spaced arrivals; else a Poisson process. A few slots are all that runs on one
            machine, and with so few the chance hides what the trace does.
        keep: leave the demo profile on at the end.
    """

    stack: str
    settings_file: Path
    target: str | None
    trace: Path | None
    shape: str
    seed: int
    start: datetime | None
    factor: float
    minutes: float
    peak_rate: float
    hold_s: float
    even: bool
    keep: bool
    only: str | None


def planned(options: Options, settings: profile.StackSettings) -> Replay:
    """The replay that the options ask for; nothing is changed yet.

    Raises:
        DemoError: the trace cannot be replayed so.
    """
    step_s = settings.settings.scaler.step_s
    try:
        replay = replay_of(
            _trace(options, step_s=step_s),
            factor=options.factor,
            minutes=options.minutes,
            peak_rate=options.peak_rate,
            history_s=settings.settings.scaler.max_history_s,
            lead_in_s=LEAD_IN_S,
            start=options.start,
        )
    except TraceError as exc:
        raise DemoError(str(exc)) from exc
    if replay.expected_tasks > MAX_TASKS:
        raise DemoError(
            f"--peak-rate {options.peak_rate:g} for {options.minutes:g} minutes: found about "
            f"{replay.expected_tasks:.0f} tasks; allowed: at most {MAX_TASKS}"
        )
    return replay


def run_demo(
    options: Options, credentials: Credentials, table: Table, *, screen: Screen, stop: Stop
) -> Json:
    """The whole demo; returns what it showed, as JSON values, also when it was ended early.

    Raises:
        DemoError: it could not go on. The stack has its own settings again all the same,
            unless it was taken down.
        InterruptedDemoError: somebody ended it before there was anything to show. The same.
    """
    settings = profile.read_settings(options.settings_file)
    replay = planned(options, settings)
    report: Json = {"address": settings.address}
    client = Client(settings.address, credentials, stop=stop)
    try:
        client.sign_in()
        if options.only != "replay":
            screen.step("1  Real work: upload, profile, train")
            report["work"] = run_work(client, table, target=options.target, screen=screen)
        if options.only != "work":
            screen.step(f"2  A load that the scaler follows, {options.factor:g} times as fast")
            outcome = _replayed_in_profile(
                client, options, settings, replay, screen=screen, stop=stop
            )
            report["replay"] = outcome.as_json()
        report["ended_early"] = bool(stop)
    finally:
        client.close()
    return report


def _replayed_in_profile(
    client: Client,
    options: Options,
    settings: profile.StackSettings,
    replay: Replay,
    *,
    screen: Screen,
    stop: Stop,
) -> Outcome:
    """The replay between the switch to the demo profile and the switch back."""
    try:
        with screen.progress("demo profile on") as show:
            show(0.1, "pulumi up with timeFactor")
            document = profile.with_factor(settings.document, options.factor)
            profile.bring_up(options.stack, document, stop=stop)
            show(1.0, "")
        return _replayed(client, options, settings, replay, screen=screen, stop=stop)
    finally:
        switch_back(options.stack, settings.document, keep=options.keep, screen=screen)


def switch_back(stack: str, document: Mapping[str, Any], *, keep: bool, screen: Screen) -> None:
    """Give a stack its own settings again, unless the demo profile is to stay on; one that was
    taken down meanwhile stays down and gets them when it is brought up.

    Raises:
        DemoError: the engine failed.
    """
    if not Supervision(state_paths().stack(stack)).names():
        screen.line("  The stack was taken down meanwhile; it stays down.")
        return
    if keep:
        screen.line("  The demo profile stays on; `make up` ends it.")
        return
    with screen.progress("demo profile off") as show:
        show(0.1, "pulumi up with the stack's own settings")
        profile.bring_up(stack, document)
        show(1.0, "")


def _replayed(
    client: Client,
    options: Options,
    settings: profile.StackSettings,
    replay: Replay,
    *,
    screen: Screen,
    stop: Stop,
) -> Outcome:
    rng = None if options.even else np.random.default_rng(options.seed)
    rates = np.concatenate([replay.lead_in, replay.rates])
    arrivals = arrival_times(rates, step_s=replay.step_s, rng=rng)
    screen.line(
        f"  {len(arrivals)} tasks of {options.hold_s:g} s in {replay.duration_s / 60:.1f} minutes "
        f"after a lead-in of {replay.lead_in_s:.0f} s, peak {options.peak_rate:g}/s; "
        f"in the trace it is {replay.trace_start:%A %Y-%m-%d %H:%M}"
    )
    load = Load(client, hold_s=options.hold_s, stop=stop)
    began = time.time()
    begin = began + replay.lead_in_s

    def show(seen: Observation) -> None:
        screen.look(seen, elapsed_s=seen.at - begin, rate=load.rate())

    watcher = Watcher(client, period_s=LOOK_S, show=show)
    try:
        with watcher:
            _lead_in(client, load, replay, arrivals, hold_s=options.hold_s, rng=rng, screen=screen)
            passed_s = time.time() - began
            load.run([float(at) - passed_s for at in arrivals[load.planned :]])
            busy_until = time.time()
            _settle(client, load, watcher, stop=stop, since=began)
    finally:
        _cancel_queued(client, load, since=began, screen=screen)
    for trouble, count in load.troubles.most_common(3):
        screen.line(f"  not accepted {count} times: {trouble}")
    return outcome_of(
        client,
        load.task_ids,
        [seen for seen in watcher.observations if seen.at >= begin],
        since=begin,
        until=busy_until,
        horizon_s=settings.settings.scaler.horizon_s / options.factor,
        factor=options.factor,
    )


def _lead_in(
    client: Client,
    load: Load,
    replay: Replay,
    arrivals: Floats,
    *,
    hold_s: float,
    rng: np.random.Generator | None,
    screen: Screen,
) -> None:
    """Bring the load to where the history ends, and give the scaler that history.

    Given earlier, the history would end with a load that is not there: the forecast would take the
    start of the demo for a fall to nothing and a leap.
    """
    if not len(replay.history):
        screen.line("  The trace has no history before the replay: the forecast will come late.")
        return
    steps = min(len(replay.lead_in), ceil(hold_s / replay.step_s) + SETTLED_STEPS)
    load.run([float(at) for at in arrivals if at < steps * replay.step_s])
    _tell_history(client, replay, led_steps=steps, hold_s=hold_s, rng=rng, screen=screen)


def _tell_history(
    client: Client,
    replay: Replay,
    *,
    led_steps: int,
    hold_s: float,
    rng: np.random.Generator | None,
    screen: Screen,
) -> None:
    """Give the scaler the load up to now, with the chance in it that the replay has."""
    rates = np.concatenate([replay.history, replay.lead_in[:led_steps]])
    arrivals = arrival_times(rates, step_s=replay.step_s, rng=rng)
    values = slots_in_use(arrivals, hold_s=hold_s, step_s=replay.step_s, steps=len(rates))
    body = {"step_s": replay.step_s, "end": time.time(), "values": values.tolist()}
    client.put(f"/scaling/workloads/{WORKLOAD}/history", body)
    screen.line(f"  {len(rates):,} steps of history given to the scaler")


def _settle(client: Client, load: Load, watcher: Watcher, *, stop: Stop, since: float) -> None:
    """Wait until the tasks are done and the replicas are down again, within SETTLE_S."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and not stop:
        waiting = any(
            own_tasks(client, load.task_ids, since=since, state=state)
            for state in ("queued", "running")
        )
        seen = watcher.observations[-1] if watcher.observations else None
        if not waiting and seen is not None and seen.ready <= seen.minimum:
            return
        stop.wait(LOOK_S)


def _cancel_queued(client: Client, load: Load, *, since: float, screen: Screen) -> None:
    try:
        queued = own_tasks(client, load.task_ids, since=since, state="queued")
        for task in queued:
            client.post(f"/tasks/{task['id']}/cancel")
    except DemoError as exc:
        screen.line(f"  queued tasks could not be cancelled: {exc}")
        return
    if queued:
        screen.line(f"  {len(queued)} queued tasks cancelled")


def _trace(options: Options, *, step_s: float) -> Trace:
    if options.trace is not None:
        return read_trace(options.trace, step_s=step_s)
    return shapes.generated(options.shape, days=GENERATED_DAYS, step_s=step_s, seed=options.seed)
