import json
import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skops import io as skops_io

from scaler.adapters import model_store
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore, Shelf
from scaler.adapters.model_tables import DatabaseShelf
from scaler.adapters.postgres import engine_for
from scaler.core.features import Design
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from scaler.records import About, Kept, ModelError, Refused, Unavailable

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
    return ModelStore(FolderShelf(tmp_path / "models"), keep=3)


@pytest.fixture
def tables(scaler_database_url: str) -> Iterator[DatabaseShelf]:
    made = DatabaseShelf(engine_for(scaler_database_url))
    yield made
    made.close()


@pytest.fixture(params=["folder", "database"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """A place for models, of each kind that there is."""
    if request.param == "folder":
        return FolderShelf(tmp_path / "models")
    found: DatabaseShelf = request.getfixturevalue("tables")
    return found


@pytest.fixture
def kept_anywhere(shelf: Shelf) -> ModelStore:
    return ModelStore(shelf, keep=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "worker"


def test_a_forecaster_says_the_same_after_it_was_kept(kept_anywhere: ModelStore) -> None:
    steps = np.arange(400)
    load = 50 + 20 * np.sin(2 * np.pi * steps / 96) + np.random.default_rng(0).random(400)
    series = Series(step_ms=60_000, first=0, values=load)
    design = Design(series=series, seasons=(96, 672))
    fitted = LoadForecaster().fit(design).packed()
    version = kept_anywhere.save("worker", fitted, about())
    kept, refused = kept_anywhere.load("worker")
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


def test_a_clock_that_went_back_does_not_make_an_old_model_the_newest(
    kept_anywhere: ModelStore,
) -> None:
    kept_anywhere.save("worker", model(1), about())
    kept_anywhere.save("worker", model(2), about(created_at=AT - timedelta(days=400)))
    assert served(kept_anywhere) == 2


def test_workloads_do_not_mix_whatever_they_are_called(
    kept_anywhere: ModelStore, tmp_path: Path
) -> None:
    for number, name in enumerate(("a", "shop/a", "..", "../a", "a.b")):
        kept_anywhere.save(name, model(number), about())
    for number, name in enumerate(("a", "shop/a", "..", "../a", "a.b")):
        assert served(kept_anywhere, name) == number
    assert {path.name for path in tmp_path.iterdir()} <= {"models"}


def test_without_anything_kept_nothing_serves(kept_anywhere: ModelStore) -> None:
    assert kept_anywhere.load("worker") == (None, ())
    assert kept_anywhere.versions("worker") == ()


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


def test_what_was_rolled_back_to_stays_whatever_is_kept_after_it(shelf: Shelf) -> None:
    store = ModelStore(shelf, keep=3)
    for number in range(3):
        store.save("worker", model(number), about())
    back = store.rollback("worker")
    assert float(back.model["values"][0]) == 1
    assert (served(store), store.pinned("worker")) == (1, back.version)
    assert served(ModelStore(shelf)) == 1
    first = store.rollback("worker").version
    assert served(store) == 0
    for number in range(7, 12):
        store.save("worker", model(number), about())
    assert (served(store), store.pinned("worker")) == (0, first)
    assert [kept.version[-2:] for kept in store.versions("worker")] == ["-8", "-7", "-6", "-1"]
    store.unpin("worker")
    assert served(store) == 11
    store.save("worker", model(12), about())
    assert len(store.versions("worker")) == 3


def test_of_two_that_keep_a_version_at_once_both_are_there(tables: DatabaseShelf) -> None:
    ModelStore(tables).save("worker", model(1), about())
    content = {"description": b"{}", "content": b""}
    tables.put("worker", "20261101T120006Z-2", **content)
    ModelStore(tables).save("worker", model(3), about(created_at=AT + timedelta(seconds=1)))
    with pytest.raises(Unavailable, match="models: "):  # the same name, in the same second
        tables.put("worker", "20261101T120006Z-2", **content)
    assert served(ModelStore(tables)) == 3
    assert len(tables.versions("worker")) == 3


def test_in_the_database_what_is_damaged_is_refused(tables: DatabaseShelf) -> None:
    store = ModelStore(tables)
    store.save("worker", model(1), about())
    version = store.save("worker", model(2), about())
    content, description = tables.content("worker", version), tables.description("worker", version)
    assert content is not None
    assert description is not None
    tables.forget("worker", but=set(tables.versions("worker")) - {version})
    tables.put("worker", version, description=description, content=damaged(content))
    kept, (refused,) = store.load("worker")
    assert kept is not None
    assert (float(kept.model["values"][0]), refused.version) == (1, version)
    assert "checksum is wrong" in refused.why


def test_a_database_that_is_away_is_an_unavailable_dependency() -> None:
    store = ModelStore(DatabaseShelf(engine_for("postgresql://scaler@127.0.0.1:1/nowhere")))
    for ask in (store.load, store.versions, store.pinned, store.unpin, store.rollback):
        with pytest.raises(Unavailable, match="models: "):
            ask("worker")
    with pytest.raises(Unavailable, match="models: "):
        store.save("worker", model(1), about())


def test_rolling_back_to_a_version_and_letting_it_go(kept_anywhere: ModelStore) -> None:
    first = kept_anywhere.save("worker", model(1), about())
    kept_anywhere.save("worker", model(2), about())
    kept_anywhere.rollback("worker", first)
    assert served(kept_anywhere) == 1
    kept_anywhere.unpin("worker")
    assert served(kept_anywhere) == 2


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


def test_what_does_not_fit_is_refused_and_the_one_before_it_serves(
    kept_anywhere: ModelStore,
) -> None:
    kept_anywhere.save("worker", model(1), about())
    version = kept_anywhere.save("worker", model(2), about())
    kept, refused = kept_anywhere.load(
        "worker", unfit=lambda kept: "it is too large" if kept.model["values"][0] > 1 else None
    )
    assert kept is not None
    assert float(kept.model["values"][0]) == 1
    assert refused == (Refused(version=version, why="it is too large"),)


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
        ModelStore(FolderShelf(tmp_path / "models")).save("worker", model(1), about())
