"""Gives each workload its forecaster: from the store, fitted when one is due, or the one before.

What takes long (a fit, its comparison with the one in service, reading and writing a file) runs in
the fitting thread and is taken up by the loop at a later tick. Nothing that fails here stops a
decision: without a forecaster the reactive count stands alone, and what failed is noted.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock, RLock
from typing import TypeVar

import numpy as np
import structlog

from scaler.book import Book, duration
from scaler.conditions import Kind
from scaler.core.anomaly import Anomaly, Detector, replayed
from scaler.core.backtest import TOLERANCE, Plan, errors_of, held_steps, trial
from scaler.core.drift import PageHinkley
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.features import Design
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.forecaster import LoadForecaster, Moves
from scaler.core.masking import for_training
from scaler.core.promotion import Promotion, promotion
from scaler.core.retraining import Due, Health, Rules, due
from scaler.core.series import Floats, Ints, Series
from scaler.factors import Factors
from scaler.fitting import Fitting
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.ports import Clock, ModelKeeper, Writership
from scaler.records import About, Kept, ModelError, Refused, Unavailable, Workload
from scaler.suiting import unfit

__all__ = ["Learner", "Schooling"]

T = TypeVar("T")
log = structlog.get_logger()
# Before every fit: what is in the store already serves at once.
FROM_STORE = -1
# A past of so many steps is walked at once.
FEW_STEPS = 240


@dataclass(frozen=True, kw_only=True)
class Schooling:
    """What a forecaster is fitted for, and how often.

    Attributes:
        plan: how it is fitted and tried.
        min_history_s: no forecaster from less, seconds.
        rules: how often fits may be.
    """

    plan: Plan
    min_history_s: float
    rules: Rules


@dataclass(frozen=True, kw_only=True, eq=False)
class _Warm:
    """The newest part of the history with what a forecaster that had not seen it says of it."""

    design: Design
    steps: Ints
    moves: Moves


@dataclass(frozen=True, kw_only=True, eq=False)
class _Learnt:
    """What a job gave.

    Attributes:
        model: the forecaster, whether it is to serve or not; ``None`` where the store had none.
        warm: what the track learns from before its first forecast by a model.
        errors: of the back-test and of persistence; ``None`` for one from the store.
        edition: of the book that it was made for.
        due: why it was fitted; ``None`` for one from the store.
        promotion: whether it serves; ``None`` for one from the store, which has served.
        version: in the store; ``None`` where it is not kept.
        refused: versions in the store that cannot be used.
        last, known: the newest step that it learnt from, and how many had a load.
        seconds: what it took.
        release: of the workload when the fit began; ``None`` where nobody says.
        is_pinned: whether somebody had rolled back to it.
        is_answered: whether the store was asked and has answered.
        is_overruled: whether it is kept beside another one that somebody has rolled back to.
        detector, anomalies: the past walked for anomalies; ``None`` where that was done before.
    """

    model: LoadForecaster | None
    warm: _Warm | None
    errors: tuple[Floats, Floats] | None
    edition: tuple[int, int]
    due: Due | None
    promotion: Promotion | None
    version: str | None
    refused: tuple[Refused, ...]
    last: int
    known: int
    seconds: float
    release: str | None = None
    is_pinned: bool = False
    is_answered: bool = False
    is_overruled: bool = False
    detector: Detector | None = None
    anomalies: tuple[Anomaly, ...] = ()


class Learner:
    """Owns the fitting thread. ``attend`` is for the loop's thread, the rest for any."""

    def __init__(
        self,
        schooling: Schooling,
        *,
        models: tuple[ModelKeeper, Dependency] | None,
        writer: Writership,
        factors: Factors,
        metrics: Metrics,
        clock: Clock,
        lock: RLock,
    ) -> None:
        """Nothing fitted yet.

        Args:
            models: keeps forecasters over a restart; without it each start fits anew.
            writer: who of several processes keeps what it has fitted.
        """
        self.schooling = schooling
        self._models, self._writer, self._factors = models, writer, factors
        self._metrics, self._clock, self._lock = metrics, clock, lock
        self._fitting: Fitting[_Learnt] = Fitting()
        # What the store has said all of that it has; and the step that it was asked at last.
        self._answered: set[str] = set()
        self._asked: dict[str, int] = {}
        self._replayed: dict[str, tuple[int, int]] = {}
        # Held while a forecaster is kept or pinned. Taken before the loop's lock, and never by the
        # loop, which must not wait for a disk.
        self._keeping = Lock()

    @property
    def waiting(self) -> int:
        """Fits that have not begun."""
        return self._fitting.waiting

    def attend(self, book: Book) -> None:
        """Take up a job that has ended; start one that is due."""
        name = book.workload.name
        try:
            learnt = self._fitting.result(name)
        except NotEnoughHistoryError as error:
            _has_none(book, Why.SHORT_HISTORY, str(error))
            book.health = _in_vain(book.health, book.load)
            return
        except Exception as error:
            self._metrics.failed("fit")
            log.exception("fit failed", workload=name)
            book.notes[Kind.FIT_FAILED] = f"the last fit failed ({type(error).__name__})"
            book.health = _in_vain(book.health, book.load)
            return
        with self._lock:
            if learnt is not None and learnt.edition == book.edition:
                self._take_up(book, learnt)
            self._start_when_due(book)

    def ask_again(self) -> None:
        """Take over what another process has kept, or was rolled back to, as it is its turn now."""
        for name in tuple(self._answered):
            self._ask_anew(name)

    def forget(self, workload: str) -> None:
        """A workload that is not scaled any more."""
        self._fitting.forget(workload)
        self._answered.discard(workload)
        self._asked.pop(workload, None)
        self._replayed.pop(workload, None)

    def close(self) -> None:
        self._fitting.close()

    def versions(self, workload: str) -> tuple[Kept, ...]:
        """What is kept of a workload's forecasters, newest first.

        Raises:
            ModelError: none are kept here.
            Unavailable: the store does not answer.
        """
        return self._store(workload).versions(workload)

    def rollback(self, book: Book, version: str | None = None) -> Kept:
        """Let an older forecaster serve, by default the one before, until that is let go of.

        Until then nothing is fitted: no newer one takes its place by itself.

        Raises:
            ModelError: there is no such version, or it cannot be used.
            Unavailable: the store does not answer.
        """
        name = book.workload.name
        with self._keeping:
            if version is None and book.model is not None and book.version is None:
                # What serves is kept nowhere: the newest that is kept was before it.
                version = next((kept.version for kept in self.versions(name)), None)
            kept = self._store(name).rollback(
                name,
                version,
                serving=book.version,
                unfit=lambda kept: unfit(kept, book, self.schooling.plan),
            )
            with self._lock:
                book.rollbacks += 1
                self._serve(book, kept.model, version=kept.version)
                book.notes[Kind.MODEL_PINNED] = _pinned(kept.version)
        log.warning("rolled back", workload=name, version=kept.version)
        return kept

    def unpin(self, book: Book) -> None:
        """Let the newest forecaster serve again, from the next tick on."""
        name = book.workload.name
        with self._keeping:
            self._store(name).unpin(name)
            with self._lock:
                book.notes.pop(Kind.MODEL_PINNED, None)
                self._ask_anew(name)

    def _store(self, workload: str) -> ModelKeeper:
        if self._models is None:
            raise ModelError(workload, "no place for models is set, none are kept")
        return self._models[0]

    def _take_up(self, book: Book, learnt: _Learnt) -> None:
        name, model = book.workload.name, learnt.model
        if book.detector is None and learnt.detector is not None:
            book.detector = learnt.detector
            book.anomalies.clear()
            book.anomalies.extend(learnt.anomalies)
        if learnt.refused:
            said = "; ".join(f"{refused.version}: {refused.why}" for refused in learnt.refused)
            book.notes[Kind.MODEL_REFUSED] = f"kept forecasters cannot be used: {said}"
            self._metrics.failed("model")
        if learnt.due is None:
            if learnt.is_answered:
                self._take_over(book, learnt)
            return
        if learnt.is_overruled:
            self._ask_anew(name)
        self._metrics.fitted(name, learnt.seconds)
        book.notes.pop(Kind.FIT_FAILED, None)
        promotion = learnt.promotion
        assert promotion is not None  # noqa: S101 - a fit has been compared
        log.info(
            "fitted",
            workload=name,
            seconds=round(learnt.seconds, 2),
            because=learnt.due.sentence,
            serves=promotion.serves,
            comparison=promotion.sentence,
        )
        if model is None or not promotion.serves:
            book.notes[Kind.NOT_PROMOTED] = promotion.sentence
            book.health = _in_vain(
                book.health,
                book.load,
                last=learnt.last,
                known=learnt.known,
                release=learnt.release,
                factors=None if model is None else model.factors_,
                horizon=None if model is None else model.horizon,
            )
            return
        for kind in (Kind.NOT_PROMOTED, Kind.MODEL_PINNED, Kind.MODEL_REFUSED):
            book.notes.pop(kind, None)
        self._serve(book, model, version=learnt.version, errors=learnt.errors, known=learnt.known)
        if learnt.warm is not None:
            self._warm_up(book, learnt.warm)

    def _take_over(self, book: Book, learnt: _Learnt) -> None:
        """Let what the store has serve, but for an older one than what could not be kept there."""
        name, model = book.workload.name, learnt.model
        if name in self._asked:  # else it is to be asked again, and this answer may be older
            self._answered.add(name)
        book.notes.pop(Kind.MODEL_PINNED, None)
        if not learnt.refused:
            book.notes.pop(Kind.MODEL_REFUSED, None)
        if learnt.is_pinned:
            book.notes[Kind.MODEL_PINNED] = _pinned(learnt.version)
        if model is None or learnt.version == book.version:
            return
        own = book.model if book.version is None else None
        if own is None or learnt.is_pinned or own.last_step_ < model.last_step_:
            self._serve(book, model, version=learnt.version)
            log.info("forecaster from the store", workload=name, version=learnt.version)

    def _serve(
        self,
        book: Book,
        model: LoadForecaster,
        *,
        version: str | None,
        errors: tuple[Floats, Floats] | None = None,
        known: int | None = None,
    ) -> None:
        """Put a forecaster into service; what was learnt from outcomes goes on.

        Args:
            known: steps that had a load when it was fitted; of one from the store, as many as now:
                its examples are fewer where the history has gaps, and would ask for a fit at once.
        """
        book.model, book.version = model, version
        usual = ratio = 0.0
        if errors is not None:
            ours, theirs = errors
            both = np.isfinite(ours) & np.isfinite(theirs)
            usual = float(theirs[both].mean()) if both.any() else 0.0
            ratio = float(ours[both].sum() / theirs[both].sum()) if usual > 0 else 0.0
        book.health = Health(
            fitted_at=model.last_step_,
            known=book.load.known if known is None else known,
            level=book.ledger.learning.level,
            drift=PageHinkley(usual=usual, ratio=ratio) if usual > 0 else None,
            release=book.release,
            factors=model.factors_,
            horizon=model.horizon,
        )

    def _warm_up(self, book: Book, warm: _Warm) -> None:
        """Begin the track anew with outcomes of a part that its model had not seen.

        Where that part is too short to judge by, the track goes on as it is: what has spoken would
        fall silent, and its floor with it.
        """
        track = self.schooling.plan.track(step=int(warm.steps[0]) - 1)
        track.level, track.horizon = book.ledger.learning.level, warm.moves.horizon
        for _ in track.walk(warm.design, warm.steps, warm.moves):
            pass
        if track.is_judged or book.track is None:
            book.track = track

    def _start_when_due(self, book: Book) -> None:
        covered_s = book.load.known * book.load.step_s
        if covered_s < self.schooling.min_history_s:
            have, need = duration(covered_s), duration(self.schooling.min_history_s)
            sentence = f"history covers {have} of the {need} needed"
            if book.track is None:  # which says by itself what it lacks, and speaks once it can
                _has_none(book, Why.SHORT_HISTORY, sentence)
            if book.detector is None and len(book.load.values) <= FEW_STEPS:
                book.detector, anomalies = replayed(book.load)
                book.anomalies.extend(anomalies)
            return
        name = book.workload.name
        if self._fitting.is_under_way(name):
            return
        asks = self._asks(book)
        if asks or self._replays(book):
            if asks:
                self._asked[name] = book.load.last
            self._replayed[name] = book.generation, book.load.last
            _has_none(book, Why.STARTING, "reading what was kept of the forecaster")
            self._fitting.start(name, self._begin(book, asks=asks), urgency=FROM_STORE)
            return
        if book.is_pinned:
            return
        # What was fitted before a restart and is not kept anywhere holds nothing back.
        is_forgotten = book.model is None and not book.health.in_vain
        wanted = due(
            Health() if is_forgotten else book.health,
            self.schooling.rules,
            workload=name,
            serves=book.model is not None,
            step=book.load.last,
            known=book.load.known,
            release=book.release,
            factors=self._identity(book),
            horizon=book.measured_horizon,
        )
        if wanted is None:
            return
        _has_none(book, Why.FITTING, "learning from the history")
        self._fitting.start(name, self._fit(book, wanted), urgency=wanted.urgency)

    def _asks(self, book: Book) -> bool:
        """Whether the store is to say what it has; where it does not, a fit has its turn first."""
        name = book.workload.name
        if self._models is None or name in self._answered:
            return False
        return self._asked.get(name) != book.load.last and not self._models[1].is_paused

    def _ask_anew(self, workload: str) -> None:
        """Let the store say once more what it has."""
        self._answered.discard(workload)
        self._asked.pop(workload, None)

    def _identity(self, book: Book) -> tuple[str, ...] | None:
        """Of what moves the load from outside; not known before it was read once."""
        if not self._factors.is_read:
            return None
        return self._factors.covariates(book.workload).identity

    def _replays(self, book: Book) -> bool:
        """Whether the past is to be walked for anomalies: once, and after the clock went back."""
        if book.detector is not None:
            return False
        generation, step = self._replayed.get(book.workload.name, (-1, 0))
        gap = self.schooling.rules.least_gap
        return generation != book.generation or abs(book.load.last - step) >= gap

    def _begin(self, book: Book, *, asks: bool) -> Callable[[], _Learnt]:
        """A job that walks the past for anomalies and reads what is kept."""
        name = book.workload.name

        def job() -> _Learnt:
            began = time.monotonic()
            with self._lock:
                series, edition, known = book.load, book.edition, book.detector
            detector, anomalies = (None, ()) if known else replayed(series)
            kept: Kept | None = None
            refused: tuple[Refused, ...] = ()
            pinned, is_answered = None, False
            if asks:
                with suppress(Unavailable):  # said by the dependency; what is away is fitted anew
                    (kept, refused), pinned = self._ask(
                        lambda models: (
                            models.load(
                                name, unfit=lambda kept: unfit(kept, book, self.schooling.plan)
                            ),
                            models.pinned(name),
                        )
                    )
                    is_answered = True
            return _Learnt(
                model=kept.model if kept else None,
                warm=None,
                errors=None,
                edition=edition,
                due=None,
                promotion=None,
                version=kept.version if kept else None,
                refused=refused,
                last=0,
                known=0,
                seconds=time.monotonic() - began,
                is_pinned=kept is not None and kept.version == pinned,
                is_answered=is_answered,
                detector=detector,
                anomalies=anomalies,
            )

        return job

    def _fit(self, book: Book, wanted: Due) -> Callable[[], _Learnt]:
        """A job that fits, compares and keeps."""

        def job() -> _Learnt:
            began = time.monotonic()
            with self._lock:
                series, edition, champion = book.load, book.edition, book.model
                known, anomalies = book.detector, tuple(book.anomalies)
                covariates = self._factors.covariates(book.workload)
                shown = self._factors.covariates(book.workload, model=champion)
                plan, release = self._plan_of(book), book.release
            detector = None
            if known is None:
                detector, anomalies = replayed(series)
            # What was announced is no anomaly: it is what the next one is learnt from.
            steps = np.array([anomaly.at_step for anomaly in anomalies], dtype=np.int64)
            expected = covariates.announced(steps).tolist()
            strange = [a for a, was in zip(anomalies, expected, strict=True) if not was]
            design = Design(
                series=for_training(series, strange),
                seasons=plan.seasons,
                covariates=covariates,
            )
            held = held_steps(design, plan, series.last)
            # The first one warms up the track as well, which takes the whole of it.
            tried = trial(design, plan, held, whole=champion is None)
            ours, theirs = errors_of(tried, design, held, horizon=plan.horizon)
            serving = None
            if champion is not None:
                its = replace(design, covariates=shown)
                serving, _ = errors_of(champion, its, held, horizon=plan.horizon)
                serving[held <= champion.last_step_] = np.nan
            compared = promotion(ours, theirs, serving, tolerance=TOLERANCE)
            model = plan.forecaster().fit(design, since=series.last - plan.keep + 1).packed()
            warm = _Warm(design=design, steps=held, moves=tried.predict(design, held))
            seconds = time.monotonic() - began
            version, is_overruled = None, False
            if compared.serves and self._writer.holds():
                with self._keeping:
                    if book.edition == edition:
                        version, is_overruled = self._keep(
                            book.workload, model, series, wanted, compared
                        )
            return _Learnt(
                model=model,
                warm=warm if champion is None else None,
                errors=(ours, theirs),
                edition=edition,
                due=wanted,
                promotion=compared,
                version=version,
                refused=(),
                last=series.last,
                known=series.known,
                seconds=seconds,
                release=release,
                is_overruled=is_overruled,
                detector=detector,
                anomalies=anomalies if detector else (),
            )

        return job

    def _plan_of(self, book: Book) -> Plan:
        """The plan with the horizon that replicas of this workload were measured to need."""
        plan = self.schooling.plan
        return plan if book.track is None else replace(plan, horizon=book.track.horizon)

    def _keep(
        self,
        workload: Workload,
        model: LoadForecaster,
        series: Series,
        wanted: Due,
        compared: Promotion,
    ) -> tuple[str | None, bool]:
        """The version in the store, and whether another one is pinned there.

        A forecaster that cannot be kept serves all the same.
        """
        if self._models is None:
            return None, False
        against = {
            "skill": compared.against_persistence,
            "skill_against_champion": compared.against_champion,
        }
        about = About(
            created_at=self._clock.now(),
            step_ms=series.step_ms,
            first=series.first,
            last=series.last,
            features=model.features_,
            scores={name: -excess for name, excess in against.items() if excess is not None}
            | {"steps": float(compared.steps)},
            reason=wanted.sentence,
            load_query=workload.load_query,
        )
        try:
            return self._ask(
                lambda models: (
                    models.save(workload.name, model, about),
                    models.pinned(workload.name) is not None,
                )
            )
        except (Unavailable, ModelError) as error:
            log.warning("forecaster not kept", workload=workload.name, detail=str(error))
            return None, False

    def _ask(self, question: Callable[[ModelKeeper], T]) -> T:
        """An answer of the store.

        Raises:
            Unavailable: it does not answer, or is not asked because it lately did not.
        """
        assert self._models is not None  # noqa: S101 - nobody asks without one
        models, dependency = self._models
        return dependency.ask(lambda: question(models))


def _pinned(version: str | None) -> str:
    return (
        f"rolled back to the forecaster {version}: it serves and no other is fitted until the "
        "roll-back is ended"
    )


def _has_none(book: Book, why: Why, sentence: str) -> None:
    """Why there is no forecast yet; one that was made without a fitted model holds."""
    if book.model is None and not isinstance(book.said, Forecast):
        book.said = Absence(why=why, sentence=sentence)


def _in_vain(
    health: Health,
    load: Series,
    *,
    last: int | None = None,
    known: int | None = None,
    release: str | None = None,
    factors: tuple[str, ...] | None = None,
    horizon: int | None = None,
) -> Health:
    """After a fit that does not serve: the next one waits longer."""
    return replace(
        health,
        fitted_at=load.last if last is None else last,
        known=load.known if known is None else known,
        in_vain=health.in_vain + 1,
        release=health.release if release is None else release,
        factors=health.factors if factors is None else factors,
        horizon=health.horizon if horizon is None else horizon,
    )
