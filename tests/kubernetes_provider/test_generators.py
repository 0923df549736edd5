"""Passwords and keys of the stand-ins."""

import string

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.kubernetes_provider.generators import password, private_key


def test_a_password_has_the_length_and_the_classes_that_are_wanted() -> None:
    made = password({"length": 32, "special": False, "minNumeric": 30})["result"]
    assert len(made) == 32
    assert sum(sign in string.digits for sign in made) >= 30
    assert set(made) <= {*string.ascii_letters, *string.digits}
    assert password({"length": 32})["result"] != password({"length": 32})["result"]


def test_a_password_too_short_for_its_minimums_is_refused() -> None:
    with pytest.raises(ValueError, match="length: found 2, at least 3"):
        password({"length": 2, "minUpper": 3})


def test_a_key_is_written_as_openssl_reads_it() -> None:
    made = private_key({"algorithm": "ED25519"})
    key = load_pem_private_key(made["privateKeyPem"].encode(), None)
    assert type(key).__name__ == "Ed25519PrivateKey"
    assert made["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    with pytest.raises(ValueError, match="allowed: 'ED25519'"):
        private_key({"algorithm": "RSA"})
