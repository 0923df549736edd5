"""The secrets of a cluster stack: generated once and kept in the encrypted state, or given."""

from collections.abc import Iterable

import pulumi
import pulumi_random
import pulumi_tls

from infra.services.description import Secret, SecretKind

__all__ = ["secret_values"]

LENGTH = 32  # of letters and digits: 190 bits, and safe in an URL


def secret_values(
    secrets: Iterable[Secret], opts: pulumi.ResourceOptions
) -> dict[str, pulumi.Output[str]]:
    """Declare what generates the values; each is a secret output."""
    return {secret.name: _value(secret, opts) for secret in secrets}


def _value(secret: Secret, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    if secret.given is not None:
        return pulumi.Output.secret(secret.given.get_secret_value())
    if secret.kind is SecretKind.ED25519:
        key = pulumi_tls.PrivateKey(secret.name, algorithm="ED25519", opts=opts)
        return pulumi.Output.secret(key.private_key_pem_pkcs8)
    password = pulumi_random.RandomPassword(secret.name, length=LENGTH, special=False, opts=opts)
    return pulumi.Output.secret(password.result)
