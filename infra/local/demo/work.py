"""The first half of the demo: a CSV file is uploaded, profiled and learned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.demo import sample
from infra.local.demo.client import Client, DemoError, Json
from infra.local.demo.screen import Screen

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file to upload: from disk, or the generated one."""

    name: str
    size: int
    path: Path | None = None
    content: bytes = b""

    def chunks(self) -> Iterator[bytes]:
        if self.path is None:
            yield self.content
            return
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def table_of(path: Path | None) -> Table:
    """The file to upload; the generated table when ``path`` is None.

    Raises:
        DemoError: the file cannot be read or is empty.
    """
    if path is None:
        content = sample.sample_csv()
        return Table(name="rides.csv", size=len(content), content=content)
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
    except OSError as exc:
        raise DemoError(f"--csv {path}: {exc.strerror}") from exc
    if size == 0:
        raise DemoError(f"--csv {path}: found 0 bytes; allowed: a header and at least one row")
    return Table(name=path.name, size=size, path=path)


def run_work(client: Client, table: Table, *, target: str | None, screen: Screen) -> Json:
    """Upload, profile, train; returns the dataset and both results.

    Args:
        target: the column to predict; None takes ``rides`` of the generated table, else the last
            numeric column, as the profile found it.
    Raises:
        DemoError: a task did not succeed.
    """
    with screen.progress(f"upload {table.name}") as show:
        sent = 0

        def chunks() -> Iterator[bytes]:
            nonlocal sent
            sent = 0
            for chunk in table.chunks():
                yield chunk
                sent += len(chunk)
                show(sent / table.size, "")

        dataset = client.upload(table.name, chunks, size=table.size)
    screen.line(f"  {dataset['rows']:,} rows, {len(dataset['columns'])} columns")
    profile = run_task(client, "dataset.profile", {"dataset_id": dataset["id"]}, screen=screen)
    for line in described(profile):
        screen.line(f"  {line}")
    column = target or (sample.TARGET if table.path is None else last_numeric(profile))
    parameters = {"dataset_id": dataset["id"], "target": column}
    model = run_task(client, "model.train", parameters, screen=screen)
    screen.line(f"  {learned(model)}")
    return {"dataset": dataset, "profile": profile, "model": model}


def run_task(client: Client, kind: str, parameters: Json, *, screen: Screen) -> Json:
    """Submit a task, show its progress, return its result.

    Raises:
        DemoError: it failed or was cancelled; has the task's own error.
    """
    task = submitted = client.submit(kind, parameters)
    with screen.progress(kind) as show:
        for seen in client.follow(submitted["id"]):
            task = seen
            show(float(task.get("progress") or 0.0), str(task.get("message") or task["state"]))
    if task["state"] != "succeeded":
        raise DemoError(f"{kind} {task['state']}: {task.get('error') or 'no reason given'}")
    result: Json = task["result"]
    return result


def last_numeric(profile: Json) -> str:
    """The last numeric column of a profile.

    Raises:
        DemoError: there is none.
    """
    numeric = [column["name"] for column in profile["columns"] if is_numeric(column)]
    if not numeric:
        raise DemoError("--target: no column is numeric; name the column to predict")
    return str(numeric[-1])


def is_numeric(column: Json) -> bool:
    return str(column.get("type")) in {"integer", "number"}


def described(profile: Json) -> Iterator[str]:
    """A profile in a few lines: columns by type, and where values are missing."""
    columns: list[Json] = profile["columns"]
    kinds: dict[str, list[str]] = {}
    for column in columns:
        kinds.setdefault(str(column.get("type")), []).append(str(column["name"]))
    for kind, names in kinds.items():
        yield f"{kind}: {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}"
    missing = [
        f"{column['name']} {int(column['missing']):,}"
        for column in columns
        if column.get("missing")
    ]
    if missing:
        yield f"missing values: {', '.join(missing[:8])}{' ...' if len(missing) > 8 else ''}"


def learned(model: Json) -> str:
    """A trained model in one line: what it predicts, and its cross-validated scores."""
    scores = ", ".join(
        f"{name} {_mean(value):.3f}" for name, value in (model.get("scores") or {}).items()
    )
    return f"{model.get('kind', 'model')} of {model.get('target', '?')}: {scores or 'no scores'}"


def _mean(value: Any) -> float:
    return float(value["mean"] if isinstance(value, dict) else value)
