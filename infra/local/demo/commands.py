"""``autoserve demo``: real tasks, then a load that the scaler follows."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from infra.cli import DONE, ERROR, emit, fail, local_stack_options
from infra.local.demo import session, shapes
from infra.local.demo.client import Credentials, DemoError, Json, read_credentials
from infra.local.demo.interrupt import InterruptedDemoError, stop_on_signals
from infra.local.demo.profile import settings_file
from infra.local.demo.screen import Screen
from infra.local.demo.work import table_of
from infra.local.state import StateError, state_paths

__all__ = ["demo"]

FILE = click.Path(path_type=Path)


@click.command()
@click.option("--csv", "csv_file", type=FILE, help="CSV file to upload [default: a generated one].")
@click.option("--target", help="Column to predict [default: the last numeric one].")
@click.option("--trace", type=FILE, help="Load to replay: CSV of timestamp,value.")
@click.option(
    "--shape",
    type=click.Choice(shapes.SHAPES),
    default="rushes",
    show_default=True,
    help="Load to generate where there is no --trace.",
)
@click.option("--seed", default=1, show_default=True, help="Of everything random.")
@click.option("--start", type=click.DateTime(), help="Time in the trace (UTC) to start at.")
@click.option(
    "--factor",
    type=click.FloatRange(1, 20),
    default=20.0,
    show_default=True,
    help="How many times faster than in the trace.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0.5, 240),
    default=6.0,
    show_default=True,
    help="Length of the replay, here.",
)
@click.option(
    "--peak-rate",
    type=click.FloatRange(0, 100, min_open=True),
    default=3.0,
    show_default=True,
    help="Tasks a second at the peak.",
)
@click.option(
    "--hold",
    "hold_s",
    type=click.FloatRange(0.1, 600),
    default=3.0,
    show_default=True,
    help="Seconds that a task holds a slot.",
)
@click.option(
    "--even/--random",
    default=True,
    show_default=True,
    help="Arrivals as the trace says, or by chance (Poisson) at its rate.",
)
@click.option("--only", type=click.Choice(["work", "replay"]), help="One half of the demo.")
@click.option("--keep", is_flag=True, help="Leave the demo profile on.")
@click.option("--config-file", type=FILE, help="Settings of the stack [default: its own file].")
@click.option("--email", help="Who signs in [default: the first user].")
@click.option("--password-file", type=FILE, help="File that holds the password of --email.")
@local_stack_options(instead="use the dashboard there, or `autoserve demo --stack local`")
def demo(
    stack: str,
    *,
    as_json: bool,
    csv_file: Path | None,
    trace: Path | None,
    start: datetime | None,
    config_file: Path | None,
    email: str | None,
    password_file: Path | None,
    target: str | None,
    shape: str,
    seed: int,
    factor: float,
    minutes: float,
    peak_rate: float,
    hold_s: float,
    even: bool,
    only: str | None,
    keep: bool,
) -> None:
    """Run real tasks, then replay a load trace that the scaler follows.

    During the replay the stack has its demo profile: all durations of the scaler are divided by
    --factor. At the end, and on Ctrl-C, it has its own settings again, unless it was taken down.
    """
    screen = Screen(quiet_stdout=as_json)
    options = session.Options(
        stack=stack,
        settings_file=config_file or settings_file(stack),
        target=target,
        trace=trace,
        shape=shape,
        seed=seed,
        start=_utc(start),
        factor=factor,
        minutes=minutes,
        peak_rate=peak_rate,
        hold_s=hold_s,
        even=even,
        keep=keep,
        only=only,
    )
    with stop_on_signals() as stop:
        try:
            credentials = _credentials(stack, email=email, password_file=password_file)
            report = session.run_demo(
                options, credentials, table_of(csv_file), screen=screen, stop=stop
            )
        except (DemoError, StateError) as exc:
            raise fail(str(exc)) from exc
        except InterruptedDemoError:
            screen.line("Ended early.")
            sys.exit(ERROR)
    _show(report, screen)
    if as_json:
        emit(report)
    sys.exit(ERROR if report["ended_early"] else DONE)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(f"{moment.isoformat()}+00:00")


def _credentials(stack: str, *, email: str | None, password_file: Path | None) -> Credentials:
    if (email is None) != (password_file is None):
        raise DemoError("--email and --password-file belong together: give both or none")
    if email is None or password_file is None:
        return read_credentials(state_paths().stack(stack).credentials)
    try:
        password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise DemoError(f"--password-file {password_file}: {exc}") from exc
    return Credentials(email=email, password=password)


def _show(report: Json, screen: Screen) -> None:
    screen.step("What happened")
    if (replay := report.get("replay")) is not None:
        for line in summary_lines(replay):
            screen.line(f"  {line}")
    screen.line(f"  look at    {report['address']}  (sign in; tasks, forecast and decisions)")


def summary_lines(replay: Json) -> list[str]:
    """The figures of a replay, for a person."""
    states = ", ".join(f"{count} {state}" for state, count in sorted(replay["states"].items()))
    lines = [f"tasks      {replay['submitted']} submitted: {states or 'none'}"]
    if (waits := replay["waits"]) is not None:
        lines.append(
            f"wait       p50 {waits['p50_s']:.1f} s, p95 {waits['p95_s']:.1f} s, "
            f"longest {waits['longest_s']:.1f} s"
        )
    lines.append(
        f"replicas   {replay['lowest']} to {replay['highest']}, {replay['changes']} changes"
    )
    if (lead := replay["lead"]) is not None:
        lines += lead_lines(lead, factor=replay["factor"])
    if replay["last_reason"]:
        lines.append(f"last one   {replay['last_reason']}")
    skill = replay["skill"]
    if skill is None:
        lines.append("forecast   too little was seen to judge it")
    else:
        ours, persistence = skill["forecast_wape"], skill["persistence_wape"]
        lines.append(
            f"forecast   error {ours:.0%} of the load, persistence {persistence:.0%}: "
            f"skill {skill['skill']:+.2f} at {skill['points']} times"
        )
    if replay["model"] is None:
        lines.append("model      none was fitted: persistence and past days alone were listened to")
    return lines + [f"note       {sentence}" for sentence in replay["conditions"]]


def lead_lines(lead: Json, *, factor: float) -> list[str]:
    """What there was at the peak, and how much earlier than by the reactive path alone."""
    at = datetime.fromtimestamp(lead["peak_at"], UTC)
    peak = (
        f"peak       load {lead['peak']:.3g} at {at:%H:%M:%S} UTC: {lead['ready_at_peak']} "
        f"replicas were ready; with the reactive path alone {lead['reactive_at_peak']} would have "
        f"been"
    )
    if lead["lead_s"] is None:
        return [peak, f"lead       the {lead['replicas']} replicas that it needs were never ready"]
    here = abs(lead["lead_s"])
    when = (
        f"{here:.0f} s ({here * factor / 60:.1f} minutes of the trace) "
        f"{'before' if lead['lead_s'] > 0 else 'after'}"
        if here
        else "as soon as"
    )
    return [
        peak,
        f"lead       the {lead['replicas']} replicas that it needs were ready {when} those of the "
        f"reactive path alone would have been; on the way up {lead['median_lead_s']:+.0f} s in the "
        f"median",
    ]
