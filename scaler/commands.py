"""``autoserve scaler``: asks and steers the running scaler; scores recorded loads without one.

Each command prints what the API gives, the same that the dashboard shows. What it takes to score a
recorded load is imported only by the commands that do.
"""

import importlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from scaler import contract
from scaler.factor_commands import events_group, series_group
from scaler.remote import IN_ENVIRONMENT, Remote, actor, of
from scaler.terminal import DURATION, MOMENT, figure, print_table, time_of

__all__ = ["scaler"]

Command = TypeVar("Command", bound=Callable[..., Any])
# By name: the module that has it as ``command``, and what it does.
EVIDENCE = {
    "backtest": ("scaler.evidence.backtest", "Score the forecasts on a recorded load."),
    "simulate": ("scaler.evidence.simulate", "Compare autoscalers on a recorded load."),
    "anomalies": ("scaler.evidence.anomalies", "Find anomalies in a recorded load."),
}
NO_FORECAST = "no_forecast"  # the kind of a condition that the list of targets says by itself


class _Scaler(click.Group):
    """The group; commands about recorded loads are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *EVIDENCE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in EVIDENCE:
            return super().get_command(ctx, cmd_name)
        command = importlib.import_module(EVIDENCE[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 - a promise of our own modules
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        running = [
            (name, command.get_short_help_str(60)) for name, command in self.commands.items()
        ]
        with formatter.section("The running scaler"):
            formatter.write_dl(running)
        with formatter.section("Recorded loads"):
            formatter.write_dl([(name, text) for name, (_, text) in EVIDENCE.items()])


target_argument = click.argument("target")


@click.group(cls=_Scaler)
def scaler() -> None:
    """Ask and steer the predictive autoscaler; score it on recorded loads.

    Commands about the running scaler find that of a stack on this machine, or the one at
    AUTOSERVE_SCALER_URL (changes need AUTOSERVE_SCALER_TOKEN_FILE, too).
    """


def running(command: Command) -> click.Command:
    """A command about the running scaler: with ``--json``, in the environment of its process."""
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="Print JSON (described in docs/cli.md)."
    )
    name = command.__name__.replace("_", "-")
    return scaler.command(name=name, context_settings=IN_ENVIRONMENT)(as_json(command))


@running
def targets(*, as_json: bool) -> None:
    """What is scaled: mode, replicas, load, forecast, and what is not as usual."""
    found = Remote.found().get(contract.WORKLOADS_PATH)
    if as_json:
        return _emit(found)
    header = ("target", "mode", "ready", "desired", "load", "forecast, upper", "unit")
    rows = []
    for one in found:
        mode = one["mode"] + (" (frozen)" if one["control"]["freeze"] else "")
        figures = (one["replicas"]["ready"], one["replicas"]["desired"], one["load"])
        forecast = one["forecast"]["upper"]
        rows.append((one["name"], mode, *map(figure, (*figures, forecast)), one["load_unit"]))
    print_table(header, rows, left=(0, 1, 6))
    for one in found:
        unusual = [each for each in one["conditions"] if each["kind"] != NO_FORECAST]
        reason = one["forecast"]["reason"]
        if one["forecast"]["status"] == "none" and reason not in (u["sentence"] for u in unusual):
            click.echo(f"{one['name']}: no forecast: {reason}")
        for condition in unusual:
            click.echo(f"{one['name']}: {condition['kind']}: {condition['sentence']}")
        for line in _outside(one["external"]):
            click.echo(f"{one['name']}: {line}")
    return None


@running
@target_argument
@click.option("--past", type=DURATION, help="Also what was forecast and what came, for so long.")
def forecast(*, target: str, past: float | None, as_json: bool) -> None:
    """The load ahead of TARGET, or why there is no forecast yet."""
    remote = Remote.found()
    found = remote.get(of(target, "forecast"))
    if past is not None:
        found["past"] = remote.get(of(target, "series"), window_s=past)
    if as_json:
        return _emit(found)
    if past is not None:
        _print_past(found["past"])
    if found["status"] == "none":
        click.echo(f"No forecast: {found['reason']}")
        return None
    header = ("time", "ahead", "lower", "median", "upper")
    rows = [
        (
            time_of(point["at"]),
            f"{point['ahead_s']:g} s",
            *map(figure, (point["lower"], point["median"], point["upper"])),
        )
        for point in found["path"]
    ]
    print_table(header, rows)
    level = f"{100 * found['quantile']:.3g} %"
    click.echo(f"{found['load_unit']}; upper is the {level} quantile; {found['reason']}")
    return None


@running
@click.argument("target", required=False)
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
def decisions(*, target: str | None, limit: int, as_json: bool) -> None:
    """Decisions about TARGET, or about all, newest first."""
    found = Remote.found().get(contract.DECISIONS_PATH, workload=target, limit=limit)
    if as_json:
        return _emit(found)
    for one in found:
        acted = "done" if one["acted"] else one["mode"]
        judgement = one.get("judgement")
        verdict = f", {judgement['verdict']}" if judgement else ""
        click.echo(f"{time_of(one['at'])} {one['workload']} ({acted}{verdict}): {one['reason']}")
    if not found:
        click.echo("No decision is kept yet.")
    return None


@running
@target_argument
@click.option("--at", type=MOMENT, help="The decision that was in force then; default: the newest.")
def explain(*, target: str, at: datetime | None, as_json: bool) -> None:
    """Why TARGET has as many replicas as it has: one sentence, and every figure behind it."""
    moment = at.isoformat() if at else None
    _explain(Remote.found().get(of(target, "explanation"), at=moment), as_json=as_json)


@running
@target_argument
@click.option("--load", type=float, required=True, help="In the load's unit.")
@click.option("--ready", type=int, help="Replicas that take load; default: those of now.")
@click.option("--current", type=int, help="Replicas that are asked for; default: those of now.")
def what_if(
    *, target: str, load: float, ready: int | None, current: int | None, as_json: bool
) -> None:
    """What would be decided for TARGET now under another load; nothing is changed."""
    found = Remote.found().get(of(target, "what-if"), load=load, ready=ready, current=current)
    _explain(found, as_json=as_json)


@running
@target_argument
@click.option("--window", type=DURATION, default="1d", show_default=True)
def cost(*, target: str, window: float, as_json: bool) -> None:
    """What the forecast cost TARGET above the reactive count, and what it spared."""
    found = Remote.found().get(of(target, "cost"), window_s=window)
    if as_json:
        return _emit(found)
    click.echo(found["sentence"])
    if found["mode"] != "enforce":
        click.echo(f"The mode is {found['mode']}: nobody acted on it.")
    return None


@running
@target_argument
@click.argument("new_mode", required=False, type=click.Choice(contract.MODES), metavar="[MODE]")
@click.option("--reason", help="Kept with the change.")
def mode(*, target: str, new_mode: str | None, reason: str | None, as_json: bool) -> None:
    """Show the mode of TARGET, or change it: off, observe or enforce."""
    remote = Remote.found()
    if new_mode is None:
        found = _one(remote, target)["control"]
    else:
        body = {"mode": new_mode, "actor": actor(), **({"reason": reason} if reason else {})}
        found = remote.change("PUT", of(target, "mode"), json=body)
    _print_control(target, found, as_json=as_json)


@running
@target_argument
@click.option("--for", "for_s", type=DURATION, required=True, help="Such as 30m; at most 7d.")
@click.option("--reason", required=True, help="Kept with the change.")
def freeze(*, target: str, for_s: float, reason: str, as_json: bool) -> None:
    """For a while, scale TARGET in by nothing and out by the present load alone."""
    body = {"for_s": for_s, "actor": actor(), "reason": reason}
    found = Remote.found().change("PUT", of(target, "freeze"), json=body)
    _print_control(target, found, as_json=as_json)


@running
@target_argument
@click.option("--reason", help="Kept with the change.")
def unfreeze(*, target: str, reason: str | None, as_json: bool) -> None:
    """End the freeze of TARGET before its time."""
    params = {"actor": actor(), **({"reason": reason} if reason else {})}
    found = Remote.found().change("DELETE", of(target, "freeze"), params=params)
    _print_control(target, found, as_json=as_json)


@running
@target_argument
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
def changes(*, target: str, limit: int, as_json: bool) -> None:
    """Who changed TARGET's mode, froze it, rolled back or gave a history, and why."""
    found = Remote.found().get(of(target, "changes"), limit=limit)
    if as_json:
        return _emit(found)
    for one in found:
        until = f" until {time_of(one['frozen_until'])}" if one["change"] == "freeze" else ""
        what = f"mode {one['mode']}" if one["change"] == "mode" else one["change"] + until
        click.echo(f"{time_of(one['at'])} {what} by {one['actor']}: {one['reason']}")
    if not found:
        click.echo("Nothing was changed since it is scaled.")
    return None


@running
@target_argument
def models(*, target: str, as_json: bool) -> None:
    """Kept versions of TARGET's forecaster, newest first."""
    found = Remote.found().get(of(target, "models"))
    if as_json:
        return _emit(found)
    header = ("version", "fitted", "", "learnt from", "scores", "because")
    rows = [
        (
            one["version"],
            time_of(one["created_at"]),
            "rolled back to" if one["is_pinned"] else "serves" if one["is_serving"] else "",
            f"{time_of(one['data_from'])} to {time_of(one['data_to'])}",
            ", ".join(f"{name} {value:.3g}" for name, value in one["scores"].items()),
            one["reason"],
        )
        for one in found
    ]
    print_table(header, rows, left=range(6))
    return None


@running
@target_argument
@click.argument("version", required=False)
@click.option("--reason", help="Kept with the change.")
def rollback(*, target: str, version: str | None, reason: str | None, as_json: bool) -> None:
    """Let an older forecaster of TARGET serve.

    VERSION is one of `models`, by default the one before; "newest" lets the newest serve again.
    """
    body = {"version": version, "actor": actor(), **({"reason": reason} if reason else {})}
    found = Remote.found().change("POST", of(target, "rollback"), json=body)
    if as_json:
        return _emit(found)
    click.echo(f"{target}: forecaster {found['version']}, fitted {time_of(found['created_at'])}")
    return None


@running
@click.argument("target", required=False)
def recommendations(*, target: str | None, as_json: bool) -> None:
    """Requests and limits that the containers of TARGET, or of all, should have."""
    remote = Remote.found()
    found = remote.get(contract.RECOMMENDATIONS_PATH, workload=target)
    if target is not None and not found:
        _refuse_unknown(remote, target)
    if as_json:
        return _emit(found)
    for one in found:
        click.echo(f"{one['workload']}/{one['container']}: {one['sentence']}")
    if not found:
        click.echo("There is none yet: the usage of containers is not known for long enough.")
    return None


for group in (series_group, events_group):
    scaler.add_command(group)


def _emit(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


def _refuse_unknown(remote: Remote, target: str) -> None:
    """Nothing, where a target is scaled or the usage of its containers is known.

    Raises:
        click.ClickException: it is neither.
    """
    known = {one["name"] for one in remote.get(contract.WORKLOADS_PATH)}
    known |= {one["workload"] for one in remote.get(contract.RECOMMENDATIONS_PATH)}
    if target not in known:
        raise click.ClickException(
            f"workload {target!r} is not known here; known: {', '.join(sorted(known)) or 'none'}"
        )


def _one(remote: Remote, target: str) -> Any:
    """One entry of the list of targets.

    Raises:
        click.ClickException: there is no such target.
    """
    found = {one["name"]: one for one in remote.get(contract.WORKLOADS_PATH)}
    if target not in found:
        known = ", ".join(sorted(found)) or "none"
        raise click.ClickException(f"workload {target!r} is not scaled here; known: {known}")
    return found[target]


def _explain(found: Any, *, as_json: bool) -> None:
    if as_json:
        return _emit(found)
    click.echo(found["sentence"])
    click.echo()
    rows = [(one["name"], figure(one["value"]), one["unit"]) for one in found["inputs"]]
    interval, unit = found["interval"], found["decision"]["details"]["load_unit"]
    if interval is not None:
        rows += [
            (f"forecast, {name}", figure(interval[name]), unit)
            for name in ("lower", "median", "upper")
            if interval[name] is not None
        ]
    print_table(("at " + time_of(found["at"]), "", ""), rows, left=(0, 2))
    for clamp in found["clamps"]:
        click.echo(f"{clamp['name']}: {clamp['why']}")
    for line in _outside(found["external"]):
        click.echo(line)
    return None


def _outside(external: Any) -> list[str]:
    """What moves a load from outside, a line each; none where that is the clock of UTC alone."""
    zone = external["timezone"]
    lines = [] if zone == "UTC" else [f"follows the clock of {zone}"]
    for one in external["factors"]:
        told = one["problem"] or f"{figure(one['value'])} now"
        learnt = "" if one["is_used"] else "; not learnt yet"
        lines.append(f"external factor {one['name']}: {told}{learnt}")
    return lines


def _print_control(target: str, control: Any, *, as_json: bool) -> None:
    if as_json:
        return _emit(control)
    since, by = time_of(control["changed_at"]), control["changed_by"]
    click.echo(f"{target}: mode {control['mode']}; changed {since} by {by}: {control['reason']}")
    if control["freeze"]:
        until = time_of(control["freeze"]["until"])
        click.echo(
            f"{target}: frozen until {until}: nothing is scaled in and the forecast is set aside; "
            "the reactive path may still scale out"
        )
    if not control.get("kept", True):
        click.echo(
            "The database does not answer: it holds now, and is kept as soon as that does.",
            err=True,
        )
    return None


def _print_past(series: Any) -> None:
    names = ("actual", "forecast", "lower", "upper", "replicas", "reactive")
    by_time = {name: dict(map(tuple, series[name])) for name in names}
    times = sorted({at for points in by_time.values() for at in points})
    header = ("time", "load", "forecast", "lower", "upper", "ready", "reactive alone")
    rows = [(time_of(at), *(figure(by_time[name].get(at)) for name in names)) for at in times]
    print_table(header, rows)
    click.echo()
