"""Access tokens: signed with Ed25519, checked for algorithm, key, type, issuer, audience and time.

They are not kept anywhere and cannot be taken back before they end; refresh tokens (app.auth) can.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from app.core.errors import NotAuthenticated
from app.core.identity import Principal, Role

__all__ = ["AccessTokens"]

ALGORITHM = "EdDSA"
TYPE = "at+jwt"  # RFC 9068, section 2.1
ISSUER = "autoserve"
AUDIENCE = "autoserve-api"
LEEWAY_S = 5  # clocks of two replicas differ by less


@dataclass(frozen=True)
class AccessTokens:
    """Issues and checks access tokens with one key. Holds no state; may be shared by threads."""

    key: Ed25519PrivateKey
    ttl_s: int

    @classmethod
    def from_pem(cls, pem: str, *, ttl_s: int) -> "AccessTokens":
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"the signing key is {type(key).__name__}, allowed: Ed25519")
        return cls(key, ttl_s)

    def issue(self, principal: Principal, *, now: datetime) -> str:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(principal.id),
            "role": principal.role.value,
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl_s),
        }
        headers = {"typ": TYPE, "kid": self.key_id}
        return jwt.encode(claims, self.key, algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str) -> Principal:
        """The caller a token names.

        Raises:
            NotAuthenticated: the token is not ours, not whole, not an access token, or has ended.
        """
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE or header.get("kid") != self.key_id:
                raise NotAuthenticated("The access token is of another type or key")
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["iss", "aud", "sub", "exp", "iat", "jti"]},
            )
            return Principal(id=UUID(claims["sub"]), role=Role(claims["role"]))
        except jwt.ExpiredSignatureError as exc:
            raise NotAuthenticated("The access token has ended; refresh it") from exc
        except (jwt.PyJWTError, ValueError, KeyError) as exc:
            raise NotAuthenticated("The access token is not valid") from exc

    @property
    def key_id(self) -> str:
        """Thumbprint of the public key (RFC 7638), so that a new key has a new name."""
        parts = {"crv": "Ed25519", "kty": "OKP", "x": self._public}
        canonical = json.dumps(parts, separators=(",", ":"), sort_keys=True)
        return _base64url(hashlib.sha256(canonical.encode()).digest())

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """The published keys (RFC 7517)."""
        key = {"kty": "OKP", "crv": "Ed25519", "x": self._public, "kid": self.key_id}
        return {"keys": [{**key, "alg": ALGORITHM, "use": "sig"}]}

    @property
    def _public(self) -> str:
        return _base64url(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
