"""Print the API's description: ``python -m app.api_document``.

No database, no Redis and no setting is needed for that.
"""

import json
import sys
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.core.settings import Settings
from app.main import create_app

__all__ = ["schema"]


def schema() -> dict[str, Any]:
    """The description, without anything running."""
    return create_app(_placeholder()).openapi()


def _placeholder() -> Settings:
    key = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return Settings(
        database_url=SecretStr("postgresql://nobody@localhost:1/none"),
        redis_url=SecretStr("redis://localhost:1/0"),
        jwt_private_key=SecretStr(key.decode()),
    )


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
