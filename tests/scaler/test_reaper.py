"""What a dead scaler left raised is put back, once it has expired and not before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaler import contract, reaper
from scaler.adapters.kubernetes.api import Api
from tests.scaler.adapters.kubernetes.fake_api import HPAS, NAMESPACE, FakeApi, fake_api, hpa

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def served() -> Iterator[tuple[FakeApi, Api]]:
    with fake_api() as both:
        yield both


def raised(name: str = "web", *, ago_s: float = 1.0, now: datetime = NOW) -> dict[str, Any]:
    marks = {
        contract.FLOOR_BY: "the dead one",
        contract.FLOOR: "6",
        contract.FLOOR_ORIGINAL: "2",
        contract.FLOOR_EXPIRES: (now - timedelta(seconds=ago_s)).isoformat(),
    }
    return hpa(name, minimum=6, annotations=marks)


def reap(api: Api) -> list[tuple[str, str, bool]]:
    return list(reaper.reap(api, now=NOW))


def test_what_has_expired_is_put_back_and_nothing_else(served: tuple[FakeApi, Api]) -> None:
    fake, api = served
    fake.put(raised("old"))
    fake.put(raised("young", ago_s=-1))
    fake.put(hpa("plain"))
    ((name, said, is_problem),) = reap(api)
    assert (name, is_problem) == ("old", False)
    assert said == (
        "the floor of the dead one expired at 2026-11-01T11:59:59Z: the minimum is 2 instead of 6"
    )
    assert fake.get(HPAS, "old")["spec"]["minReplicas"] == 2
    assert fake.get(HPAS, "old")["metadata"]["annotations"] == {}
    assert fake.get(HPAS, "young")["spec"]["minReplicas"] == 6
    assert reap(api) == []
    assert len(fake.writes()) == 1


def test_a_minimum_that_somebody_has_set_since_stays(served: tuple[FakeApi, Api]) -> None:
    fake, api = served
    fake.put(raised() | {"spec": hpa(minimum=4)["spec"]})
    reap(api)
    assert fake.get(HPAS, "web")["spec"]["minReplicas"] == 4
    assert fake.get(HPAS, "web")["metadata"]["annotations"] == {}


def test_a_scaler_that_comes_back_meanwhile_is_first(served: tuple[FakeApi, Api]) -> None:
    fake, api = served
    fake.put(raised())

    def back(method: str, _path: str) -> None:
        if method == "PATCH":
            fake.fault = lambda _method, _path: None
            fake.put(raised(ago_s=-600))

    fake.fault = back
    assert reap(api) == []
    assert fake.get(HPAS, "web")["spec"]["minReplicas"] == 6


def test_one_that_is_deleted_meanwhile_is_no_problem(served: tuple[FakeApi, Api]) -> None:
    fake, api = served
    fake.put(raised("gone"))
    fake.put(raised("web"))

    def gone(method: str, path: str) -> None:
        if method == "PATCH" and path.endswith("gone"):
            fake.objects.pop(path, None)

    fake.fault = gone
    assert [name for name, _, _ in reap(api)] == ["web"]


def test_marks_that_cannot_be_read_are_said_and_left_alone(served: tuple[FakeApi, Api]) -> None:
    fake, api = served
    odd = raised("odd")
    odd["metadata"]["annotations"][contract.FLOOR_ORIGINAL] = "two"
    fake.put(odd)
    fake.put(raised("web"))
    found = {name: is_problem for name, _, is_problem in reap(api)}
    assert found == {"odd": True, "web": False}
    assert fake.get(HPAS, "odd")["spec"]["minReplicas"] == 6


def kubeconfig(fake: FakeApi, folder: Path) -> dict[str, str]:
    named = {"name": "it", "cluster": {"server": fake.url}}
    document = {
        "clusters": [named],
        "users": [{"name": "it", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return {contract.KUBECONFIG: str(path), contract.NAMESPACE: NAMESPACE}


def test_the_job_ends_well_and_says_what_it_did(
    served: tuple[FakeApi, Api], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, _ = served
    fake.put(raised(now=datetime.now(UTC)))
    assert reaper.main(kubeconfig(fake, tmp_path)) == 0
    assert capsys.readouterr().out.startswith("reaper: web: the floor of the dead one expired at ")


def test_the_job_fails_where_something_is_left(
    served: tuple[FakeApi, Api], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, _ = served
    fake.put(raised(now=datetime.now(UTC)))
    fake.fault = lambda method, _path: (403, {"message": "may not"}) if method == "PATCH" else None
    assert reaper.main(kubeconfig(fake, tmp_path)) == 1
    assert "may not" in capsys.readouterr().err
    fake.fault = lambda _method, _path: (503, {"message": "starting"})
    assert reaper.main(kubeconfig(fake, tmp_path)) == 1
    assert reaper.main({}) == 1
    assert "not in a pod" in capsys.readouterr().err
