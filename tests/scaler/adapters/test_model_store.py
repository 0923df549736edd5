import json
import os
import pickle
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skops import io as skops_io

from scaler.adapters import model_store
from scaler.adapters.model_store import ModelStore
from scaler.core.features import Design
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from scaler.records import About, Kept, ModelError, Unavailable

AT = datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC)


@dataclass
class Stranger:
    """A type that no model may consist of."""

    value: int = 1


def about(**changed: Any) -> About:
    given: dict[str, Any] = {
        "created_at": AT,
        "step_ms": 60_000,
        "first": 5,
        "last": 900,
        "features": ("lag 1", "mean 30"),
        "scores": {"skill": 0.4},
        "reason": "no forecaster was fitted yet",
    }
    return About(**given | changed)


def model(value: float) -> dict[str, Any]:
    return {"values": np.array([value]), "leads": (2, 4, 5)}


def served(store: ModelStore, workload: str = "worker") -> float | None:
    kept, _ = store.load(workload)
    return None if kept is None else float(kept.model["values"][0])


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", keep=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "worker"


def test_a_forecaster_says_the_same_after_it_was_kept(store: ModelStore) -> None:
    steps = np.arange(400)
    load = 50 + 20 * np.sin(2 * np.pi * steps / 96) + np.random.default_rng(0).random(400)
    series = Series(step_ms=60_000, first=0, values=load)
    design = Design(series=series, seasons=(96, 672))
    fitted = LoadForecaster().fit(design).packed()
    version = store.save("worker", fitted, about())
    kept, refused = store.load("worker")
    assert isinstance(kept, Kept)
    assert (kept.version, kept.about, refused) == (version, about(), ())
    at = np.arange(300, 400)
    ours, theirs = kept.model.predict(design, at), fitted.predict(design, at)
    for part in ("centre", "blended", "linear", "upper", "peak"):
        np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))


def test_the_newest_serves_and_the_last_ones_are_kept(store: ModelStore, folder: Path) -> None:
    for number in range(5):
        store.save("worker", model(number), about(created_at=AT + timedelta(minutes=number)))
    assert served(store) == 4
    names = [kept.version for kept in store.versions("worker")]
    assert names == ["20261101T120405Z-5", "20261101T120305Z-4", "20261101T120205Z-3"]
    assert len(list(folder.glob("*"))) == 6


def test_a_clock_that_went_back_does_not_make_an_old_model_the_newest(store: ModelStore) -> None:
    store.save("worker", model(1), about())
    store.save("worker", model(2), about(created_at=AT - timedelta(days=400)))
    assert served(store) == 2


def test_workloads_do_not_mix_whatever_they_are_called(store: ModelStore, tmp_path: Path) -> None:
    for number, name in enumerate(("a", "shop/a", "..", "../a", "a.b")):
        store.save(name, model(number), about())
    for number, name in enumerate(("a", "shop/a", "..", "../a", "a.b")):
        assert served(store, name) == number
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_without_anything_kept_nothing_serves(store: ModelStore) -> None:
    assert store.load("worker") == (None, ())
    assert store.versions("worker") == ()


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def rewritten(path: Path, **changed: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(
            lambda m, _: m.write_bytes(damaged(m.read_bytes())), "checksum is wrong", id="flipped"
        ),
        pytest.param(
            lambda m, _: m.write_bytes(m.read_bytes()[:100]), "100 bytes instead of", id="cut-off"
        ),
        pytest.param(lambda m, _: m.unlink(), "its file is gone", id="gone"),
        pytest.param(
            lambda _, d: d.write_bytes(b'{"layout": 1,'), "cannot be read", id="half-a-description"
        ),
        pytest.param(lambda _, d: d.write_bytes(b"[]"), "cannot be read", id="not-a-description"),
        pytest.param(lambda _, d: rewritten(d, layout=99), "layout 99", id="another-layout"),
        pytest.param(
            lambda _, d: rewritten(d, libraries={"scikit-learn": "0.1"}),
            "made with scikit-learn 0.1, here is",
            id="another-library",
        ),
        pytest.param(lambda _, d: rewritten(d, workload="api"), "it is api", id="another-workload"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_one_before_it_serves(
    store: ModelStore, folder: Path, spoil: Any, why: str
) -> None:
    store.save("worker", model(1), about())
    version = store.save("worker", model(2), about())
    spoil(folder / f"{version}.skops", folder / f"{version}.json")
    assert served(store) == 1
    (refused,) = store.load("worker")[1]
    assert refused.version == version
    assert why in refused.why


def replaced(folder: Path, version: str, content: bytes) -> None:
    """A model in place of another, with a description that fits."""
    (folder / f"{version}.skops").write_bytes(content)
    rewritten(
        folder / f"{version}.json",
        checksum=model_store._checksum(content),
        size=len(content),
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(
            skops_io.dumps({"values": Stranger()}), "UntrustedTypesFoundException", id="stranger"
        ),
        pytest.param(pickle.dumps(model(9)), "BadZipFile", id="pickle"),
        pytest.param(b"", "BadZipFile", id="empty"),
    ],
)
def test_a_file_that_holds_anything_else_is_not_built(
    store: ModelStore, folder: Path, content: bytes, why: str
) -> None:
    version = store.save("worker", model(1), about())
    replaced(folder, version, content)
    kept, (refused,) = store.load("worker")
    assert kept is None
    assert why in refused.why


def test_a_model_of_types_that_are_not_listed_is_not_kept(store: ModelStore, folder: Path) -> None:
    with pytest.raises(ModelError, match="Stranger"):
        store.save("worker", {"values": Stranger()}, about())
    assert list(folder.glob("*")) == []


def test_a_crash_while_writing_leaves_the_one_before(
    store: ModelStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save("worker", model(1), about())

    def fails(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(Unavailable, match="models: No space left on device"):
            store.save("worker", model(2), about())
    assert served(store) == 1
    (folder / "20261101T120005Z-9.skops").write_bytes(b"half")
    (folder / "x.part").write_bytes(b"half")
    assert served(store) == 1
    store.save("worker", model(3), about())
    assert served(store) == 3
    assert len(list(folder.glob("*"))) == 4


def test_rolling_back_serves_the_one_before_until_the_next_promotion(store: ModelStore) -> None:
    for number in range(3):
        store.save("worker", model(number), about())
    back = store.rollback("worker")
    assert float(back.model["values"][0]) == 1
    assert (served(store), store.pinned("worker")) == (1, back.version)
    assert served(ModelStore(store._folder)) == 1
    store.rollback("worker")
    assert served(store) == 0
    store.save("worker", model(7), about())
    assert (served(store), store.pinned("worker")) == (7, None)


def test_rolling_back_to_a_version_and_letting_it_go(store: ModelStore) -> None:
    first = store.save("worker", model(1), about())
    store.save("worker", model(2), about())
    store.rollback("worker", first)
    assert served(store) == 1
    store.unpin("worker")
    assert served(store) == 2


@pytest.mark.parametrize(
    ("version", "why"),
    [
        pytest.param(None, "there is no older version to go back to", id="only-one"),
        pytest.param("20200101T000000Z-1", "is not kept; kept: 20261101T120005Z-1", id="unknown"),
        pytest.param("../../etc/passwd", "is not kept; kept: 20261101T120005Z-1", id="a-path"),
    ],
)
def test_what_cannot_be_rolled_back_to_is_said(
    store: ModelStore, version: str | None, why: str
) -> None:
    store.save("worker", model(1), about())
    with pytest.raises(ModelError, match=why):
        store.rollback("worker", version)
    assert served(store) == 1


def test_a_pinned_version_that_is_damaged_gives_way_to_the_newest_good_one(
    store: ModelStore, folder: Path
) -> None:
    first = store.save("worker", model(1), about())
    store.save("worker", model(2), about())
    store.rollback("worker", first)
    (folder / f"{first}.skops").write_bytes(b"damaged")
    assert served(store) == 2


def test_a_folder_that_cannot_be_used_is_an_unavailable_dependency(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(Unavailable, match="models: "):
        ModelStore(tmp_path / "models").save("worker", model(1), about())
