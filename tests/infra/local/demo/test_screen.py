"""What a person sees during a replay."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from infra.local.demo.screen import Screen
from infra.local.demo.watch import Observation

SEEN = Observation(
    at=100.0,
    queued=3.0,
    load=2.0,
    forecast=None,
    upper=None,
    level=None,
    why_none="learning from the history",
    desired=1,
    ready=1,
    minimum=1,
    maximum=8,
    reactive=None,
    decision="",
)


def lines_of(*looks: Observation) -> list[str]:
    text = StringIO()
    screen = Screen(quiet_stdout=False, console=Console(file=text, width=200))
    for seen in looks:
        screen.look(seen, elapsed_s=65, rate=1.5)
    return text.getvalue().splitlines()


def test_a_line_has_time_rate_queue_load_forecast_and_replicas() -> None:
    (line,) = lines_of(replace(SEEN, forecast=4.5, upper=6.25, level=0.95, why_none=""))
    assert " ".join(line.split()) == (
        "01:05 1.5 tasks/s queue 3 load 2 forecast 4.5 (95 %: 6.2) replicas 1/1 (of 1 to 8)"
    )


def test_why_there_is_no_forecast_is_said_once() -> None:
    lines = lines_of(SEEN, SEEN)
    assert [line.strip() for line in lines if "no forecast" in line] == [
        "no forecast: learning from the history"
    ]


def test_a_decision_is_told_when_the_replicas_change() -> None:
    kept = replace(SEEN, decision="1 replica kept.")
    more = replace(SEEN, desired=3, decision="From 1 to 3 replicas [because].")
    sentences = [line.strip() for line in lines_of(kept, kept, more, more) if ":" not in line]
    assert sentences == ["1 replica kept.", "From 1 to 3 replicas [because]."]


def test_what_the_reactive_path_alone_would_be_at_stands_beside_the_replicas() -> None:
    (line,) = lines_of(replace(SEEN, forecast=6.25, desired=3, reactive=1))
    assert line.endswith("replicas 1/3 (of 1 to 8, reactive alone 1)")


def test_the_lead_in_is_counted_down() -> None:
    text = StringIO()
    screen = Screen(quiet_stdout=False, console=Console(file=text, width=200))
    screen.look(replace(SEEN, why_none=""), elapsed_s=-61.5, rate=1.5)
    assert text.getvalue().lstrip().startswith("-01:01")
