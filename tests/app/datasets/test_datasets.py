"""Datasets over HTTP: taken as streams, or refused with a reason and nothing left behind."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app import contract
from app.core.settings import Settings
from app.datasets import incoming
from app.datasets.errors import StorageFull
from app.datasets.storage import Storage
from app.main import create_app
from tests.app.accounts import account
from tests.app.conftest import running

PATH = contract.API_VERSION_PREFIX + "/datasets"
CSV = b"hour,users\n0,16\n1,40\n"
LIMIT = 100_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_upload_bytes": LIMIT})


@pytest.fixture
async def ada(client: httpx.AsyncClient, database_url: str) -> dict[str, str]:
    return await account(client, database_url, "ada")


def files(settings: Settings) -> list[Path]:
    return list((settings.data_dir / "datasets").glob("*"))


async def upload(client: httpx.AsyncClient, headers: dict[str, str], content: Any) -> Any:
    kind = {"Content-Type": "text/csv"}
    return await client.post(
        PATH, params={"name": "x.csv"}, content=content, headers=headers | kind
    )


async def test_an_uploaded_csv_is_kept_and_described(
    client: httpx.AsyncClient, ada: dict[str, str], settings: Settings
) -> None:
    answer = await upload(client, ada, CSV)
    assert answer.status_code == 201, answer.text
    dataset = answer.json()
    assert (dataset["name"], dataset["size_bytes"]) == ("x.csv", len(CSV))
    assert (dataset["rows"], dataset["columns"]) == (2, ["hour", "users"])
    (file,) = files(settings)
    assert file.read_bytes() == CSV
    assert (await client.get(PATH, headers=ada)).json() == [dataset]
    assert (await client.get(f"{PATH}/{dataset['id']}", headers=ada)).json() == dataset


async def test_a_form_with_a_file_is_taken_as_well(
    client: httpx.AsyncClient, ada: dict[str, str], settings: Settings
) -> None:
    form = {"file": ("größe.csv", CSV, "text/csv")}
    answer = await client.post(PATH, files=form, data={"note": "ignored"}, headers=ada)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["rows"]) == ("größe.csv", 2)
    assert files(settings)[0].read_bytes() == CSV


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(b"", "an empty file", id="empty"),
        pytest.param(b"a,b\n1,2\n3\n", "line 3: 1 values where the header has 2", id="ragged"),
        pytest.param(b"a\n\xfc\n", "line 2: byte 0xfc at byte 2 is not UTF-8", id="encoding"),
    ],
)
async def test_a_bad_csv_is_refused_and_nothing_is_left(
    client: httpx.AsyncClient,
    ada: dict[str, str],
    settings: Settings,
    content: bytes,
    detail: str,
) -> None:
    answer = await upload(client, ada, content)
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]
    assert answer.json()["errors"][0]["allowed"]
    assert files(settings) == []
    assert (await client.get(PATH, headers=ada)).json() == []


async def test_a_form_without_a_file_is_refused(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    answer = await client.post(PATH, files={"other": ("x.csv", CSV)}, headers=ada)
    assert answer.status_code == 422
    assert "a form without a file" in answer.json()["detail"]


async def test_an_upload_without_a_name_is_refused(
    client: httpx.AsyncClient, ada: dict[str, str], settings: Settings
) -> None:
    answer = await client.post(PATH, content=CSV, headers=ada)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.name"
    assert files(settings) == []


async def test_a_declared_length_above_the_limit_is_refused_before_the_body_is_read(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    was_read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal was_read
        was_read = True
        yield CSV

    answer = await client.post(
        PATH,
        params={"name": "x.csv"},
        content=body(),
        headers={**ada, "Content-Length": str(LIMIT + 1)},
    )
    assert answer.status_code == 413
    assert answer.json()["errors"] == [
        {"field": "body", "found": f"{LIMIT + 1} bytes", "allowed": f"at most {LIMIT} bytes"}
    ]
    assert not was_read


async def test_a_stream_is_cut_off_at_the_limit(
    client: httpx.AsyncClient, ada: dict[str, str], settings: Settings
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a\n"
        for _ in range(2 * LIMIT):
            yield b"1\n"

    answer = await upload(client, ada, body())
    assert answer.status_code == 413
    assert files(settings) == []


async def test_a_client_that_stops_sending_is_not_waited_for(
    client: httpx.AsyncClient,
    ada: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incoming.Upload.__init__, "__kwdefaults__", {"stall_s": 0.1})

    async def body() -> AsyncIterator[bytes]:
        yield b"a\n1\n"
        await asyncio.sleep(5)
        yield b"2\n"

    answer = await upload(client, ada, body())
    assert answer.status_code == 408
    assert files(settings) == []


async def test_a_viewer_may_not_upload(
    client: httpx.AsyncClient, database_url: str, ada: dict[str, str]
) -> None:
    viewer = await account(client, database_url, "ada", role="viewer")
    assert (await upload(client, viewer, CSV)).status_code == 403


async def test_the_datasets_of_others_do_not_exist_except_for_an_admin(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    dataset = (await upload(client, ada, CSV)).json()
    bob = await account(client, database_url, "bob")
    for method in ("GET", "DELETE"):
        answer = await client.request(method, f"{PATH}/{dataset['id']}", headers=bob)
        assert answer.status_code == 404
    assert (await client.get(PATH, headers=bob)).json() == []
    admin = await account(client, database_url, "bob", role="admin")
    assert (await client.get(PATH, headers=admin)).json() == [dataset]


async def test_a_deleted_dataset_is_gone_with_its_file(
    client: httpx.AsyncClient, ada: dict[str, str], settings: Settings
) -> None:
    dataset = (await upload(client, ada, CSV)).json()
    assert (await client.delete(f"{PATH}/{dataset['id']}", headers=ada)).status_code == 204
    assert files(settings) == []
    assert (await client.get(f"{PATH}/{dataset['id']}", headers=ada)).status_code == 404


async def test_above_so_many_uploads_at_once_a_replica_says_so(
    settings: Settings, database_url: str
) -> None:
    app = create_app(settings)
    async with running(app) as client:
        ada = await account(client, database_url, "ada")
        await client.get(PATH, headers=ada)
        app.state.datasets.max_uploads = 0
        answer = await upload(client, ada, CSV)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    def pieces() -> Iterable[bytes]:
        yield CSV
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageFull, match="No space left"):
        Storage(tmp_path).write(uuid4(), pieces(), limit_bytes=LIMIT)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_what_a_killed_upload_left_is_removed_a_day_later(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.write(uuid4(), [CSV], limit_bytes=LIMIT)
    old, new = (tmp_path / "datasets" / f"{uuid4()}.partial" for _ in range(2))
    for file in (old, new):
        file.write_bytes(b"a,")
    os.utime(old, (0, 0))
    storage.write(uuid4(), [CSV], limit_bytes=LIMIT)
    assert not old.exists()
    assert new.exists()
