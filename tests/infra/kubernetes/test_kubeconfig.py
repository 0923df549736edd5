"""The kubeconfig of a stack: the file and the context that are named, and no other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.kubernetes.kubeconfig import Kubeconfig, KubeconfigError, read_kubeconfig
from infra.kubernetes.settings import ClusterSettings

DOCUMENT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "prod",
    "clusters": [
        {"name": "kind", "cluster": {"server": "https://127.0.0.1:6443"}},
        {"name": "eks", "cluster": {"server": "https://eks.example.org"}},
    ],
    "users": [{"name": "me", "user": {"token": "t"}}],
    "contexts": [
        {"name": "dev", "context": {"cluster": "kind", "user": "me"}},
        {"name": "prod", "context": {"cluster": "eks", "user": "me"}},
        {"name": "lost", "context": {"cluster": "gone", "user": "me"}},
        {"name": "nobody", "context": {"cluster": "kind"}},
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config"


@pytest.fixture
def read(file: Path) -> Callable[..., Kubeconfig]:
    """Writes a document and reads it by settings that name it."""

    def read(document: Any = None, *, context: str = "dev", path: str = "") -> Kubeconfig:
        text = document if isinstance(document, str) else yaml.safe_dump(document or DOCUMENT)
        file.write_text(text)
        return read_kubeconfig(
            ClusterSettings(kubeconfig=path or str(file), context=context, domain="dev.example.org")
        )

    return read


def test_the_context_that_is_named_is_followed_whatever_the_current_one(
    read: Callable[..., Kubeconfig], file: Path
) -> None:
    assert read() == Kubeconfig(
        path=file, context="dev", cluster="kind", user="me", server="https://127.0.0.1:6443"
    )


def test_the_environment_leads_to_no_other_file(
    read: Callable[..., Kubeconfig], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/somewhere/else")
    assert read().path == file


def test_the_home_folder_may_be_named_by_a_tilde(
    read: Callable[..., Kubeconfig], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    assert read(path="~/config").path == file


def test_an_unknown_context_is_named_with_those_of_the_file(
    read: Callable[..., Kubeconfig], file: Path
) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read(context="devv")
    assert str(caught.value) == (
        "autoserve:cluster.context: found 'devv'; allowed: 'dev' or 'prod' or 'lost' or 'nobody' "
        f"(the contexts of {file})"
    )


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("lost", "found 'lost', whose cluster 'gone' is not in .*; allowed: .*'kind' or 'eks'"),
        ("nobody", "found 'nobody', whose user None is not in .*; allowed: .*: 'me'"),
    ],
)
def test_a_context_that_leads_nowhere_is_refused(
    read: Callable[..., Kubeconfig], context: str, message: str
) -> None:
    with pytest.raises(KubeconfigError, match=message):
        read(context=context)


@pytest.mark.parametrize(
    "server",
    [None, "", "127.0.0.1:6443", "https://", "https://host:many", "ftp://host", "https://["],
)
def test_a_server_that_is_no_url_is_refused(
    read: Callable[..., Kubeconfig], server: str | None
) -> None:
    document = {**DOCUMENT, "clusters": [{"name": "kind", "cluster": {"server": server}}]}
    with pytest.raises(KubeconfigError) as caught:
        read(document)
    assert f"found cluster 'kind' with server {server!r}; allowed: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "which is no YAML; allowed: a kubeconfig"),
        ("- a list", "which is no document of kind Config"),
        ("kind: Pod", "which is no document of kind Config"),
        ("", "which is no document of kind Config"),
        ("kind: Config", "found 'dev'; allowed: none: there is no such entry"),
        ("contexts: text", "found 'dev'; allowed: none: there is no such entry"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused(
    read: Callable[..., Kubeconfig], text: str, message: str
) -> None:
    with pytest.raises(KubeconfigError, match=message):
        read(text if text else "null")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no/such/file", "found '/no/such/file' \\(No such file or directory\\)"),
        ("/", "found '/' \\(Is a directory\\)"),
        (".kube/config", "found '.kube/config'; allowed: an absolute path"),
    ],
)
def test_a_path_that_leads_to_no_file_is_refused(
    read: Callable[..., Kubeconfig], path: str, message: str
) -> None:
    with pytest.raises(KubeconfigError, match=f"autoserve:cluster.kubeconfig: {message}"):
        read(path=path)


def test_a_certificate_that_is_not_there_is_named_and_one_beside_the_file_is_found(
    read: Callable[..., Kubeconfig], file: Path
) -> None:
    user = {"name": "me", "user": {"client-certificate": "me.crt", "client-key": "me.key"}}
    (file.parent / "me.crt").touch()
    with pytest.raises(KubeconfigError, match=r"user 'me' of .*, whose client-key 'me.key' is no"):
        read({**DOCUMENT, "users": [user]})
    (file.parent / "me.key").touch()
    assert read({**DOCUMENT, "users": [user]}).user == "me"


def test_a_program_for_credentials_that_is_not_installed_is_named(
    read: Callable[..., Kubeconfig], file: Path
) -> None:
    user = {"name": "me", "user": {"exec": {"command": "aws-of-nobody", "args": ["eks"]}}}
    with pytest.raises(KubeconfigError, match="credentials come from 'aws-of-nobody'"):
        read({**DOCUMENT, "users": [user]})
    own = file.parent / "bin" / "credentials"
    own.parent.mkdir()
    own.touch(mode=0o755)
    user["user"] = {"exec": {"command": "bin/credentials"}}
    assert read({**DOCUMENT, "users": [user]}).user == "me"
