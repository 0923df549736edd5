"""Kind `Secret`: a value generated once and kept in the stack's encrypted state, nowhere else."""

import secrets
import string
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.local.kinds import Difference, Inputs, Problem, changed
from infra.local.values import UNKNOWN

__all__ = ["SecretKind"]

KINDS = ("password", "ed25519-pem")
SHORTEST, LONGEST = 16, 128
ALPHABET = string.ascii_letters + string.digits  # stands in URLs and in files without escapes


class SecretKind:
    """See `infra.local.kinds.Kind`."""

    secrets: tuple[str, ...] = ("value",)

    def check(self, name: str, inputs: Inputs) -> list[Problem]:
        del name
        found: list[Problem] = []
        if inputs.get("kind") not in KINDS:
            found.append(("kind", f"found {inputs.get('kind')!r}, allowed: {', '.join(KINDS)}"))
        length = inputs.get("length", 0)
        if not SHORTEST <= length <= LONGEST:
            found.append(("length", f"found {length}, allowed: {SHORTEST} to {LONGEST}"))
        return found

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        del name
        return Difference(replace=changed(old, new, ("value",)))

    def preview(self, name: str, inputs: Inputs) -> dict[str, Any]:
        del name, inputs
        return {"value": UNKNOWN}

    def create(self, name: str, inputs: Inputs) -> dict[str, Any]:
        del name
        if inputs["kind"] == "ed25519-pem":
            return {"value": _ed25519()}
        return {"value": "".join(secrets.choice(ALPHABET) for _ in range(inputs["length"]))}

    def read(self, name: str, state: Inputs) -> dict[str, Any]:
        del name
        return {"value": state["value"]}

    def update(self, name: str, old: Inputs, new: Inputs) -> dict[str, Any]:
        del name, new
        return {"value": old["value"]}

    def delete(self, name: str, state: Inputs) -> None:
        """Nothing is kept outside the state."""


def _ed25519() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
