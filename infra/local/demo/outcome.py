"""What came of a replay: its figures, gathered from the API when it is over."""

import math
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from infra.local.demo.client import Client, Json
from infra.local.demo.load import TASK_TYPE
from infra.local.demo.summary import Lead, Skill, Waits, lead_of, skill_of, waits_of
from infra.local.demo.watch import WORKLOAD, Observation, moment

DECISIONS = 500  # the most that are asked for


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Figures of a replay.

    Attributes:
        states: tasks of this demo by state.
        lowest, highest: replicas that were ready, over the replay.
        changes: decisions that changed the replicas; ``last_reason`` is the latest one's sentence.
        skill: None where too little was seen to judge the forecast.
        lead: None where the reactive count never rose; ``factor`` times as long in the trace.
        model: version of the fitted forecaster that serves; None where none was fitted.
        conditions: what is not as usual, sentences.
    """

    submitted: int
    states: dict[str, int]
    waits: Waits | None
    lowest: int
    highest: int
    changes: int
    last_reason: str
    skill: Skill | None
    lead: Lead | None
    factor: float
    model: str | None
    conditions: list[str]

    def as_json(self) -> Json:
        content = asdict(self)
        if self.skill is not None:
            content["skill"]["skill"] = self.skill.skill
        return content


def outcome_of(
    client: Client,
    task_ids: Collection[str],
    observations: Sequence[Observation],
    *,
    since: float,
    until: float,
    horizon_s: float,
    factor: float,
) -> Outcome:
    """Ask the API for what happened since a time (unix seconds).

    The forecast is judged up to ``until``, when the last task was submitted; replicas and decisions
    up to now.
    """
    tasks = own_tasks(client, task_ids, since=since)
    waits = [
        moment(task["started_at"]) - moment(task["created_at"])
        for task in tasks
        if task.get("started_at")
    ]
    changes = [
        decision
        for decision in client.get("/scaling/decisions", workload=WORKLOAD, limit=DECISIONS)
        if since <= moment(decision["at"]) and decision["from_replicas"] != decision["to_replicas"]
    ]
    changes.sort(key=lambda decision: moment(decision["at"]))
    replicas = [seen.ready for seen in observations] or [0]
    (worker,) = [one for one in client.get("/scaling/workloads") if one["name"] == WORKLOAD]
    series = client.get(
        f"/scaling/workloads/{WORKLOAD}/series", window_s=math.ceil(time.time() - since) + 60
    )
    return Outcome(
        submitted=len(task_ids),
        states=dict(Counter(task["state"] for task in tasks)),
        waits=waits_of(waits),
        lowest=min(replicas),
        highest=max(replicas),
        changes=len(changes),
        last_reason=changes[-1]["reason"] if changes else "",
        skill=skill_of(
            _known(series["actual"]),
            _known(series["forecast"]),
            horizon_s=horizon_s,
            since=since,
            until=until,
        ),
        lead=lead_of(
            _known(series["actual"]),
            _known(series["replicas"]),
            _known(series["desired"]),
            _known(series["reactive"]),
            capacity=float(worker["capacity"]),
            since=since,
            until=until,
        ),
        factor=factor,
        model=worker.get("model"),
        conditions=[each["sentence"] for each in worker["conditions"]],
    )


def own_tasks(
    client: Client, task_ids: Collection[str], *, since: float, state: str = ""
) -> list[Json]:
    """The tasks with these ids, created after ``since``; those in ``state`` when it is given."""
    found = []
    more = {"state": state} if state else {}
    for task in client.tasks(type=TASK_TYPE, **more):
        if moment(task["created_at"]) < since - 60:
            break
        if task["id"] in task_ids:
            found.append(task)
    return found


def _known(points: Sequence[Sequence[float | None]]) -> list[tuple[float, float]]:
    return [(at, value) for at, value in points if at is not None and value is not None]
