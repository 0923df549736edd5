"""Two replicas of the real scaler on a real control plane, with its own account's rights only.

A HorizontalPodAutoscaler asks for them by its label. Its Deployment follows its minimum; there are
no metrics of pods here, so that nothing else moves it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from scaler import contract
from scaler.adapters.model_store import ModelStore
from scaler.adapters.model_tables import DatabaseShelf
from scaler.adapters.postgres import engine_for
from tests.cluster import manifests
from tests.cluster.client import Client, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.fixtures import new_namespace
from tests.cluster.load_curve import LoadCurve, load_curve, wave
from tests.cluster.scaler_process import (
    ACCOUNT,
    DAY_S,
    FLOOR_TTL_S,
    FORECAST_S,
    LEASE_S,
    REAPER,
    TICK_S,
    Scaler,
    declared_access,
    rules_of,
    run_reaper,
    scaler_process,
)
from tests.cluster.tcp_proxy import TcpProxy, tcp_proxy
from tests.cluster.waiting import wait_for

pytestmark = pytest.mark.timeout(600)  # two processes that fit, on a machine that is busy

HPA = ("autoscaling/v2", "HorizontalPodAutoscaler")
NAME, MINIMUM, MAXIMUM = "web", 2, 30
QUERY = {"autoserve.dev/load-query": "load", "autoserve.dev/capacity": "10"}
# Never so low that the floor is no more than the minimum.
LOAD = wave(low=40, high=150, period_s=DAY_S)
# A lease that runs out, a look at it, a tick, and what a busy machine adds.
TAKEN_OVER_S = LEASE_S + 30.0
TICKS_S = 20 * TICK_S
TAKEN_BACK_S = FLOOR_TTL_S + 30.0


def autoscaler(name: str, namespace: str, **annotations: str) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "apiVersion": HPA[0],
        "kind": HPA[1],
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {contract.SCALE_LABEL: contract.SCALE_VALUE},
            "annotations": QUERY | annotations,
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": MINIMUM,
            "maxReplicas": MAXIMUM,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


@dataclass
class Scene:
    """A namespace with an autoscaler, and what the scalers in it need."""

    plane: ControlPlane
    namespace: str
    curve: LoadCurve
    folder: Path
    database_url: str

    @property
    def admin(self) -> Client:
        return self.plane.admin

    def hpa(self, name: str = NAME) -> Manifest:
        return self.admin.get(*HPA, name, self.namespace)

    def minimum(self, name: str = NAME) -> int:
        return int(self.hpa(name)["spec"]["minReplicas"])

    def marks(self, name: str = NAME) -> dict[str, str]:
        found = self.hpa(name)["metadata"].get("annotations", {})
        return {k: v for k, v in found.items() if k.startswith("autoserve.dev/floor")}

    def change(self, body: Manifest, name: str = NAME) -> None:
        self.admin.patch(*HPA, name, body, self.namespace)

    def annotate(self, name: str = NAME, **annotations: str | None) -> None:
        keys = {f"autoserve.dev/{key.replace('_', '-')}": v for key, v in annotations.items()}
        self.change({"metadata": {"annotations": keys}}, name)

    def deployment(self) -> Manifest:
        return self.admin.get("apps/v1", "Deployment", NAME, self.namespace)

    def replicas(self) -> int:
        return int(self.deployment()["spec"]["replicas"])

    def holder(self) -> str:
        lease = self.admin.find("coordination.k8s.io/v1", "Lease", contract.LEASE, self.namespace)
        return str((lease or {}).get("spec", {}).get("holderIdentity") or "")

    def events(self, name: str = NAME) -> list[Manifest]:
        found = self.admin.list("v1", "Event", self.namespace)
        return [each for each in found if each["involvedObject"]["name"] == name]

    def reasons(self, name: str = NAME) -> set[str]:
        return {each["reason"] for each in self.events(name)}

    def wait_until_raised(self, name: str = NAME) -> None:
        wait_for(
            f"the minimum of {name} is raised",
            lambda: contract.FLOOR in self.marks(name) and self.minimum(name) > MINIMUM,
            timeout_s=TAKEN_OVER_S + FLOOR_TTL_S,
            seen=lambda: (self.minimum(name), self.marks(name), self.holder()),
        )

    def wait_until_restored(self, name: str = NAME, *, minimum: int = MINIMUM) -> None:
        wait_for(
            f"the minimum of {name} is {minimum} again",
            lambda: self.minimum(name) == minimum and contract.FLOOR_BY not in self.marks(name),
            timeout_s=TICKS_S,
            seen=lambda: (self.minimum(name), self.marks(name), self.holder()),
        )

    @contextmanager
    def scaler(self, name: str, *, port: int = 0) -> Iterator[Scaler]:
        kubeconfig = self.plane.account_kubeconfig(self.namespace, ACCOUNT, port=port)
        with scaler_process(
            self.folder,
            name,
            kubeconfig=kubeconfig,
            namespace=self.namespace,
            prometheus_url=self.curve.url,
            database_url=self.database_url,
            changes={contract.MODELS: contract.IN_DATABASE},
        ) as found:
            yield found


@pytest.fixture
def scene(control_plane: ControlPlane, tmp_path: Path, scaler_database_url: str) -> Iterator[Scene]:
    admin = control_plane.admin
    for namespace in new_namespace(admin):
        access = declared_access("hpa", NAME, "extra")
        for account in (ACCOUNT, REAPER):
            for manifest in manifests.role_for(account, namespace, rules_of(access[account])):
                admin.apply(manifest)
        admin.apply(manifests.deployment(NAME, namespace, replicas=None))
        admin.apply(autoscaler(NAME, namespace))
        with load_curve(LOAD) as curve:
            yield Scene(control_plane, namespace, curve, tmp_path, scaler_database_url)


@dataclass
class Pair:
    """Two replicas, each with a way of its own to the API server."""

    scalers: dict[str, Scaler]
    ways: dict[str, TcpProxy]

    def writers(self) -> list[Scaler]:
        return [each for each in self.scalers.values() if each.is_alive and each.is_writer]

    def writer(self) -> Scaler:
        """The one that acts; there is never more than one, and soon one."""

        def only() -> Scaler | None:
            found = self.writers()
            assert len(found) <= 1
            return found[0] if found else None

        return wait_for("one of them is the writer", only, timeout_s=TAKEN_OVER_S)

    def way(self, scaler: Scaler) -> TcpProxy:
        return next(self.ways[name] for name, each in self.scalers.items() if each is scaler)

    def other(self, scaler: Scaler) -> Scaler:
        return next(each for each in self.scalers.values() if each is not scaler)


@pytest.fixture
def pair(scene: Scene) -> Iterator[Pair]:
    target = httpx.URL(scene.plane.server).port
    assert target is not None
    with ExitStack() as stack:
        ways = {name: stack.enter_context(tcp_proxy(target)) for name in ("one", "other")}
        scalers = {}
        for name, way in ways.items():  # one by one, since both import and fit
            scaler = scalers[name] = stack.enter_context(scene.scaler(name, port=way.port))
            scaler.wait_until_started()
            scaler.wait_for_forecast()
        scene.wait_until_raised()
        yield Pair(scalers, ways)


@dataclass
class History:
    """Every state of an autoscaler that was seen: its minimum, and whose floor it is."""

    look: Callable[[], tuple[int, str]]
    seen: list[tuple[int, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "History":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()  # at what was waited for, which may be newer than the last look
        assert self.errors == []

    def _watch(self) -> None:
        while not self._stop.wait(0.03):
            self._look()

    def _look(self) -> None:
        try:
            state = self.look()
        except Exception as error:  # noqa: BLE001 - shown at the end
            self.errors.append(repr(error))
            return
        if not self.seen or self.seen[-1] != state:
            self.seen.append(state)

    def owners(self) -> list[str]:
        """By whom it was held, each time that this changed."""
        found: list[str] = []
        for _, owner in self.seen:
            if owner and (not found or found[-1] != owner):
                found.append(owner)
        return found


def history(scene: Scene) -> History:
    def look() -> tuple[int, str]:
        hpa = scene.hpa()
        annotations = hpa["metadata"].get("annotations", {})
        return int(hpa["spec"]["minReplicas"]), annotations.get(contract.FLOOR_BY, "")

    return History(look)


def stays(what: Callable[[], bool], *, for_s: float) -> None:
    """Look that something holds all the time."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        assert what()
        time.sleep(0.2)


def test_one_of_two_raises_the_minimum_ahead_of_the_load_and_writes_it_down_once(
    scene: Scene, pair: Pair
) -> None:
    writer = pair.writer()
    other = pair.other(writer)
    marks = scene.marks()
    assert marks[contract.FLOOR_BY] == scene.holder()
    assert marks[contract.FLOOR_ORIGINAL] == str(MINIMUM)
    expires = datetime.fromisoformat(marks[contract.FLOOR_EXPIRES])
    assert 0 < (expires - datetime.now(UTC)).total_seconds() <= FLOOR_TTL_S + 1

    def is_ahead() -> bool:
        reactive = writer.metric(contract.REACTIVE_REPLICAS, workload=NAME)
        floor = writer.floor()
        return bool(reactive and floor and floor > reactive and scene.minimum() == floor)

    wait_for("the minimum is above what the load needs", is_ahead, timeout_s=2 * DAY_S)
    wait_for("the Deployment follows", lambda: scene.replicas() >= scene.minimum())
    wait_for(
        "its replicas' time to ready is measured",
        lambda: writer.metric(contract.TIME_TO_READY, workload=NAME) is not None,
        timeout_s=90,
    )

    # The other one sees and decides the same, and neither exports a floor nor keeps a decision.
    assert other.floor() is None
    assert other.metric(contract.DESIRED_REPLICAS, workload=NAME) is not None
    assert other.metric(contract.DECISIONS_TOTAL, workload=NAME) is None
    since = datetime.now(UTC)  # what was kept before, the other one has read
    kept = wait_for(
        "decisions are kept",
        lambda: found if len(found := kept_decisions(scene, since)) > 5 else None,
        timeout_s=DAY_S,
    )
    path = f"{contract.DECISIONS_PATH}?limit=500"
    assert kept <= {each["at"] for each in writer.get(path)}
    assert not kept & {each["at"] for each in other.get(path)}

    wait_for(
        "Events say so",
        lambda: scene.reasons() >= {"MinimumRaised", "FloorRaised"},
        timeout_s=TICKS_S,
        seen=scene.reasons,
    )
    instances = {
        each["reportingInstance"]
        for each in scene.events()
        if each["reportingComponent"] == "autoserve.dev/scaler"
    }
    assert instances == {scene.holder()}


def kept_decisions(scene: Scene, since: datetime) -> set[str]:
    """When those were taken that the database has."""
    query = "SELECT at FROM scaler.decisions WHERE at > %s"
    with psycopg.connect(scene.database_url) as connection:
        rows = connection.execute(query, (since,)).fetchall()
    return {row[0].astimezone(UTC).isoformat() for row in rows}


def test_a_writer_that_is_killed_is_followed_within_its_lease(scene: Scene, pair: Pair) -> None:
    killed = pair.writer()
    other = pair.other(killed)
    before = scene.holder()
    with history(scene) as seen:
        killed.kill()
        wait_for("the other one acts", lambda: other.is_writer, timeout_s=TAKEN_OVER_S)
        wait_for(
            "the floor is the other one's",
            lambda: scene.marks().get(contract.FLOOR_BY) == scene.holder() != before,
            timeout_s=TICKS_S,
            seen=scene.marks,
        )
    assert seen.owners()[0] == before
    assert len(seen.owners()) == 2
    # What the dead one left was taken over: it was never let go of in between.
    assert min(minimum for minimum, _ in seen.seen) > MINIMUM
    assert scene.marks()[contract.FLOOR_ORIGINAL] == str(MINIMUM)


def test_who_follows_serves_what_the_one_before_was_rolled_back_to(
    scene: Scene, pair: Pair
) -> None:
    writer = pair.writer()
    other = pair.other(writer)
    with closing(DatabaseShelf(engine_for(scene.database_url))) as shelf:
        models = ModelStore(shelf)
        wait_for("a forecaster is kept", lambda: models.versions(NAME), timeout_s=FORECAST_S)
        kept, _ = models.load(NAME)
        assert kept is not None
        newer = models.save(NAME, kept.model, kept.about)
        answer = writer.post(f"{contract.WORKLOADS_PATH}/{NAME}/rollback", version=kept.version)
        assert answer["is_pinned"]
        writer.kill()
        wait_for("the other one acts", lambda: other.is_writer, timeout_s=TAKEN_OVER_S)
        wait_for(
            "it serves what was rolled back to",
            lambda: "model_pinned" in {each["kind"] for each in other.workload()["conditions"]},
            timeout_s=TICKS_S,
            seen=other.workload,
        )
        assert other.workload()["model"] == kept.version
        assert [each.version for each in models.versions(NAME)] == [newer, kept.version]


def test_a_writer_that_stood_still_writes_nothing_when_it_goes_on(scene: Scene, pair: Pair) -> None:
    stalled = pair.writer()
    other, before = pair.other(stalled), scene.holder()
    with history(scene) as seen:
        stalled.freeze()
        wait_for("the other one acts", lambda: other.is_writer, timeout_s=TAKEN_OVER_S)
        wait_for(
            "the floor is the other one's",
            lambda: scene.marks().get(contract.FLOOR_BY) == scene.holder() != before,
            timeout_s=TICKS_S,
        )
        stalled.thaw()
        wait_for("it goes on", lambda: stalled.metric(contract.WRITER) is not None)
        stays(lambda: not stalled.is_writer and stalled.floor() is None, for_s=8 * TICK_S)
        assert pair.writer() is other
    assert len(seen.owners()) == 2  # one after the other, and never back


def test_a_writer_without_an_api_server_stops_and_another_one_acts(
    scene: Scene, pair: Pair
) -> None:
    cut = pair.writer()
    other = pair.other(cut)
    with history(scene) as seen:
        pair.way(cut).cut()
        wait_for("it acts no more", lambda: not cut.is_writer, timeout_s=TAKEN_OVER_S)
        wait_for("the other one acts", lambda: other.is_writer, timeout_s=TAKEN_OVER_S)
        scene.wait_until_raised()
        assert cut.floor() is None
        assert cut.metric(contract.DEPENDENCY_UP, dependency="kubernetes") == 0
        pair.way(cut).mend()
        wait_for(
            "it sees the API server again",
            lambda: cut.metric(contract.DEPENDENCY_UP, dependency="kubernetes") == 1,
            timeout_s=TAKEN_OVER_S,
        )
        assert not cut.is_writer
    assert len(seen.owners()) <= 2


def test_with_no_api_server_nobody_acts_and_what_was_held_can_be_put_back(
    scene: Scene, pair: Pair
) -> None:
    for way in pair.ways.values():
        way.cut()
    wait_for("nobody acts", lambda: not pair.writers(), timeout_s=TAKEN_OVER_S)
    assert [each.floor() for each in pair.scalers.values()] == [None, None]
    assert all(each.is_alive for each in pair.scalers.values())
    lost = [line for each in pair.scalers.values() for line in each.logged("dependency lost")]
    assert {line["dependency"] for line in lost} >= {"kubernetes"}
    raised = scene.marks()
    assert contract.FLOOR_EXPIRES in raised
    wait_for(
        "it has expired",
        lambda: datetime.now(UTC) > datetime.fromisoformat(raised[contract.FLOOR_EXPIRES]),
        timeout_s=FLOOR_TTL_S + 1,
    )
    reap(scene)
    assert (scene.minimum(), scene.marks()) == (MINIMUM, {})
    for way in pair.ways.values():
        way.mend()
    scene.wait_until_raised()


def reap(scene: Scene) -> str:
    kubeconfig = scene.plane.account_kubeconfig(scene.namespace, REAPER)
    done = run_reaper(kubeconfig, scene.namespace)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_what_dead_scalers_left_is_put_back_by_the_reaper_once_it_has_expired(
    scene: Scene, pair: Pair
) -> None:
    for scaler in pair.scalers.values():
        scaler.kill()
    raised = scene.minimum()
    assert reap(scene) == ""  # it may still be of use
    assert scene.minimum() == raised > MINIMUM
    expires = datetime.fromisoformat(scene.marks()[contract.FLOOR_EXPIRES])
    assert (expires - datetime.now(UTC)).total_seconds() <= FLOOR_TTL_S
    wait_for("it has expired", lambda: datetime.now(UTC) > expires, timeout_s=FLOOR_TTL_S + 1)
    assert f"the minimum is {MINIMUM} instead of {raised}" in reap(scene)
    assert (scene.minimum(), scene.marks()) == (MINIMUM, {})
    assert scene.hpa()["metadata"]["annotations"] == QUERY
    assert reap(scene) == ""


def test_a_graceful_end_leaves_nothing(scene: Scene, pair: Pair) -> None:
    writer = pair.writer()
    other = pair.other(writer)
    assert other.stop() == 0
    assert writer.stop() == 0
    assert (scene.minimum(), scene.marks()) == (MINIMUM, {})
    assert scene.holder() == ""


def test_a_persons_minimum_wins_and_is_the_one_to_go_back_to(scene: Scene, pair: Pair) -> None:
    scene.change({"spec": {"minReplicas": MINIMUM + 1}})
    wait_for(
        "the scaler yields",
        lambda: set(scene.marks()) == {contract.FLOOR_PAUSED_UNTIL},
        timeout_s=TICKS_S,
        seen=scene.marks,
    )
    until = datetime.fromisoformat(scene.marks()[contract.FLOOR_PAUSED_UNTIL])
    left_s = (until - datetime.now(UTC)).total_seconds()
    stays(lambda: scene.minimum() == MINIMUM + 1, for_s=max(0.0, left_s - 1))
    wait_for("Events say so", lambda: "MinimumSetByOthers" in scene.reasons())
    scene.wait_until_raised()
    assert scene.marks()[contract.FLOOR_ORIGINAL] == str(MINIMUM + 1)
    scene.annotate(mode="off")
    scene.wait_until_restored(minimum=MINIMUM + 1)


def test_conflicts_do_not_keep_it_from_its_work(scene: Scene, pair: Pair) -> None:
    done = threading.Event()

    def busy() -> None:
        number = 0
        while not done.is_set():
            number += 1
            scene.change({"metadata": {"annotations": {"example.org/number": str(number)}}})

    busy_thread = threading.Thread(target=busy, daemon=True)
    busy_thread.start()
    try:
        scene.annotate(mode="off")
        scene.wait_until_restored()
        scene.annotate(mode=None)
        scene.wait_until_raised()
    finally:
        done.set()
        busy_thread.join()
    writer = pair.writer()
    assert writer.metric(contract.DEPENDENCY_UP, dependency="kubernetes") == 1


def test_modes_and_mistakes_in_annotations_take_effect_while_it_runs(
    scene: Scene, pair: Pair
) -> None:
    writer = pair.writer()
    scene.annotate(mode="observe")
    scene.wait_until_restored()
    wait_for("it exports no floor", lambda: not writer.floor(), timeout_s=TICKS_S)
    scene.annotate(mode=None)
    scene.wait_until_raised()

    scene.annotate(mode="perhaps")
    wait_for(
        "the mistake is said on the object",
        lambda: any(
            "metadata.annotations[\"autoserve.dev/mode\"]: found 'perhaps'" in each["message"]
            for each in scene.events()
            if each["reason"] == "NotScaled"
        ),
        timeout_s=TICKS_S,
        seen=scene.reasons,
    )
    wait_for("it is no target", lambda: not writer.workload(), timeout_s=TICKS_S)
    assert writer.floor() is None
    wait_for(
        "its floor expires",
        lambda: (scene.minimum(), scene.marks()) == (MINIMUM, {}),
        timeout_s=TAKEN_BACK_S,
    )


def test_targets_come_and_go(scene: Scene, pair: Pair) -> None:
    writer = pair.writer()
    scene.admin.apply(manifests.deployment("extra", scene.namespace, replicas=None))
    scene.admin.apply(autoscaler("extra", scene.namespace, **{"autoserve.dev/mode": "observe"}))
    wait_for(
        "it is found",
        lambda: writer.workload("extra").get("load") is not None,
        timeout_s=TICKS_S,
    )
    scene.admin.delete(*HPA, "extra", scene.namespace)
    wait_for("it is gone", lambda: not writer.workload("extra"), timeout_s=TICKS_S)
    assert writer.metric(contract.LOAD, workload="extra") is None

    # And the one that it is just about to raise.
    scene.admin.delete(*HPA, NAME, scene.namespace)
    wait_for("it is gone", lambda: not writer.workload(), timeout_s=TICKS_S)
    assert writer.is_alive
    assert writer.floor() is None
    scene.admin.apply(autoscaler(NAME, scene.namespace))
    writer.wait_for_forecast()
    scene.wait_until_raised()
    assert not writer.logged("tick failed")


def test_a_rollout_in_progress_holds_the_replicas(scene: Scene) -> None:
    scene.curve.curve = lambda _: 5.0  # half of what one replica serves: no floor holds anything
    with scene.scaler("one") as one:
        one.wait_until_started()
        scene.admin.patch(
            "apps/v1",
            "Deployment",
            NAME,
            {"spec": {"replicas": 6}},
            scene.namespace,
            subresource="scale",
        )
        wait_for("it has them", lambda: scene.deployment()["status"].get("readyReplicas") == 6)
        stays(lambda: scene.minimum() == MINIMUM, for_s=4 * TICK_S)
        roll(scene, {"kubernetes.io/hostname": "no-such-node"})
        wait_for(
            "the replicas are held",
            lambda: scene.minimum() == 6,
            timeout_s=TICKS_S,
            seen=lambda: scene.deployment()["status"],
        )
        wait_for(
            "Events say so",
            lambda: "RolloutHoldsScaleIn" in scene.reasons(),
            timeout_s=TICKS_S,
            seen=scene.reasons,
        )
        roll(scene, None)
        scene.wait_until_restored()
        assert one.stop() == 0


def roll(scene: Scene, selector: dict[str, str] | None) -> None:
    """Begin a rollout; one that can run nowhere does not end."""
    body = {"spec": {"template": {"spec": {"nodeSelector": selector}}}}
    scene.admin.patch("apps/v1", "Deployment", NAME, body, scene.namespace)
