"""Asks image registries for the digest of a tag, by the HTTP API of the OCI distribution
specification.

Anonymous: a registry that wants a token is asked for one as it says in its 401, without
credentials. The digest is the registry's own, of the index where an image has several platforms.
"""

import json
import re
import urllib.parse
from dataclasses import dataclass

import httpx

from infra.platform.images import Image

__all__ = ["Registry", "RegistryError"]

DEADLINE_S = 20.0
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MEDIA_TYPES = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
# Docker's own name for its registry is not where that answers: distribution/reference, normalize.
ANSWERS_AT = {"docker.io": "registry-1.docker.io"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class RegistryError(Exception):
    """The digest of one image cannot be had; the message names the image and why."""

    def __init__(self, image: Image, why: str) -> None:
        super().__init__(f"{image.tagged}: {why}")
        self.image, self.why = image, why


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Looks digests up; one connection pool, for one thread."""

    client: httpx.Client

    @classmethod
    def anonymous(cls) -> "Registry":
        return cls(client=httpx.Client(timeout=DEADLINE_S, follow_redirects=True))

    def digest(self, image: Image) -> str:
        """The digest that a tag has now.

        Raises:
            RegistryError: the registry is out of reach, refuses, or does not know the tag.
        """
        try:
            answer = self._head(image)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            raise RegistryError(image, f"its registry cannot be asked ({_said(exc)})") from exc
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise RegistryError(image, "its registry has no such tag")
        if answer.status_code != httpx.codes.OK:
            raise RegistryError(image, f"its registry answers {answer.status_code}")
        digest: str = answer.headers.get("docker-content-digest", "")
        if not DIGEST.fullmatch(digest):
            raise RegistryError(image, f"its registry gives no SHA-256 digest (found {digest!r})")
        return digest

    def close(self) -> None:
        self.client.close()

    def _head(self, image: Image) -> httpx.Response:
        url = manifest_url(image)
        headers = {"Accept": MEDIA_TYPES}
        answer = self.client.head(url, headers=headers)
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status_code != httpx.codes.UNAUTHORIZED or not challenge:
            return answer
        if token := self._token(challenge, url):
            return self.client.head(url, headers={**headers, "Authorization": f"Bearer {token}"})
        return answer

    def _token(self, challenge: str, url: str) -> str:
        """A token as the registry's challenge says, "" where it wants a password.

        Source: distribution specification, "Token Authentication".
        """
        scheme, _, parameters = challenge.partition(" ")
        asked = dict(re.findall(r'(\w+)="([^"]*)"', parameters))
        realm = asked.pop("realm", "")
        if scheme.lower() != "bearer" or not _is_as_safe_as(realm, url):
            return ""
        wanted = {name: asked[name] for name in ("service", "scope") if name in asked}
        answer = self.client.get(realm, params=wanted)
        if answer.status_code != httpx.codes.OK:
            return ""
        said = json.loads(answer.content)
        return str(said.get("token") or said.get("access_token") or "")


def manifest_url(image: Image) -> str:
    """Where a registry has the manifest of a tag."""
    host, _, name = image.repository.partition("/")
    # A registry of a test cluster; everywhere else a digest over plain HTTP would prove nothing.
    scheme = "http" if urllib.parse.urlsplit(f"//{host}").hostname in LOOPBACK else "https"
    return f"{scheme}://{ANSWERS_AT.get(host, host)}/v2/{name}/manifests/{image.tag}"


def _is_as_safe_as(realm: str, url: str) -> bool:
    """Whether tokens may be fetched there: encrypted, as the registry itself."""
    schemes = [urllib.parse.urlsplit(each).scheme for each in (realm, url)]
    return schemes[0] == "https" or schemes == ["http", "http"]


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
