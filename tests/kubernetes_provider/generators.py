"""Stands in for the plugins of pulumi-random and pulumi-tls: values that are made once and kept.

Passwords (``RandomPassword``, ``RandomString``) and Ed25519 keys (``PrivateKey``); whatever else
these packages have is refused. ``python -m tests.kubernetes_provider.generators``.
"""

# ruff: noqa: ARG002, N802 - names and signatures are those of the protocol

import secrets
import string
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime.proto import provider_pb2 as api

from tests.kubernetes_provider.property_map import annotated, has_unknown, plain, struct, wire
from tests.kubernetes_provider.serving import Provider, answering, serve

__all__ = ["Generators", "password", "private_key"]

Made = dict[str, Any]

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"  # the official plugin's
CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": SPECIAL,
}
MINIMUM = {name: f"min{name.capitalize()}" for name in CLASSES}


def password(inputs: Made) -> Made:
    """Random characters of the classes that are wanted (all of them, unless said otherwise)."""
    classes = {**CLASSES, "special": inputs.get("overrideSpecial") or SPECIAL}
    allowed = {name: signs for name, signs in classes.items() if inputs.get(name, True)}
    chosen = [
        secrets.choice(signs)
        for name, signs in allowed.items()
        for _ in range(inputs.get(MINIMUM[name], 0))
    ]
    if len(chosen) > inputs["length"]:
        raise ValueError(f"length: found {inputs['length']}, at least {len(chosen)} are asked for")
    any_sign = "".join(allowed.values())
    chosen += [secrets.choice(any_sign) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return {"result": "".join(chosen)}


def private_key(inputs: Made) -> Made:
    """An Ed25519 key in the usual forms."""
    if inputs.get("algorithm") != "ED25519":
        raise ValueError(f"algorithm: found {inputs.get('algorithm')!r}, allowed: 'ED25519'")
    key = Ed25519PrivateKey.generate()
    public = key.public_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "privateKeyPem": pem.decode(),
        "privateKeyPemPkcs8": pem.decode(),
        "publicKeyPem": public.public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ).decode(),
        "publicKeyOpenssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
    }


MAKERS: dict[str, Callable[[Made], Made]] = {
    "random:index/randomPassword:RandomPassword": password,
    "random:index/randomString:RandomString": password,
    "tls:index/privateKey:PrivateKey": private_key,
}


class Generators(Provider):
    """Values that stay as they are until an input changes; then they are made anew."""

    @answering(ValueError)
    def Check(self, request: Any, context: Any) -> api.CheckResponse:
        token = request.urn.split("::")[-2].rsplit("$", 1)[-1]
        if token not in MAKERS:
            raise ValueError(f"found {token}, allowed: {', '.join(MAKERS)}")
        return api.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> api.DiffResponse:
        old, new = plain(wire(request.old_inputs)), plain(wire(request.news))
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        kind = api.PropertyDiff(kind=api.PropertyDiff.UPDATE_REPLACE, inputDiff=True)
        some, none = api.DiffResponse.DIFF_SOME, api.DiffResponse.DIFF_NONE
        return api.DiffResponse(
            changes=some if changed else none,
            replaces=changed,
            detailedDiff=dict.fromkeys(changed, kind),
            hasDetailedDiff=True,
        )

    @answering(ValueError)
    def Create(self, request: Any, context: Any) -> api.CreateResponse:
        given = wire(request.properties)
        inputs = plain(given)
        if request.preview or has_unknown(inputs):
            return api.CreateResponse(properties=request.properties)
        token = request.urn.split("::")[-2].rsplit("$", 1)[-1]
        made = {**inputs, **MAKERS[token](inputs)}
        return api.CreateResponse(id="none", properties=struct(annotated(made, given)))

    def Read(self, request: Any, context: Any) -> api.ReadResponse:
        return api.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


if __name__ == "__main__":
    serve(Generators())
