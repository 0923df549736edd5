"""Rules about secrets: they stand in Secrets, and pods refer to them there."""

import re
from collections.abc import Iterator
from typing import Any

from infra.policy.manifests import Container, Manifest, dig, entries, kind_of, mapping, words
from infra.policy.pod_rule import container_rule, in_container
from infra.policy.rule import Violation, rule
from infra.rendering.values import SecretValue, leaves, path_text

__all__ = ["RULES", "is_secret_literal"]

NAMED_SECRET = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|"
    r"SIGNING_?KEY|(?:^|_|REQUIRE)PASS)$",
    re.IGNORECASE,
)
LOOKS_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$[({])[^/\s@]+@"  # a password in an address
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
)
# No secret, whatever its variable is called: nothing, a number, a switch, a path, a reference.
PLAIN = re.compile(r"|[\d.]+[a-z%]*|true|false|/[\w./-]*|\$\([A-Za-z0-9_]+\)", re.IGNORECASE)
ARGUMENT = re.compile(r"--?(?P<name>[\w-]*)[= ](?P<value>.+)", re.DOTALL)
EXPANSION = re.compile(r"\$\((?P<name>[A-Za-z_][A-Za-z0-9_]*)\)")


@rule(
    "secret-outside",
    meaning="A secret value stands in the data of a Secret and nowhere else.",
    remedy="Put it into a Secret and refer to it by secretKeyRef or a volume.",
)
def outside(manifest: Manifest) -> Iterator[Violation]:
    for path, value in leaves(manifest):
        is_in_secret = kind_of(manifest) == "Secret" and path[:1] in (("data",), ("stringData",))
        if isinstance(value, SecretValue) and not is_in_secret:
            yield Violation(manifest, path_text(path), value, "no secret value")


@container_rule(
    "secret-in-environment",
    meaning="No variable of a container holds a password as text: everybody who may read the pod "
    "would read it.",
    remedy="Refer to a Secret by valueFrom.secretKeyRef.",
)
def environment(container: Container) -> Iterator[Violation]:
    for path, variable in entries(container.spec, "env"):
        if is_secret_literal(str(variable.get("name")), variable.get("value")):
            found = _masked(variable["value"])
            yield in_container(container, f"{path}.value", found, "valueFrom.secretKeyRef")


@container_rule(
    "secret-in-arguments",
    meaning="No secret is on a command line, where every process of the node can read it.",
    remedy="Pass it as a variable or a file that the program reads itself.",
)
def arguments(container: Container) -> Iterator[Violation]:
    secret = {
        str(variable.get("name"))
        for _, variable in entries(container.spec, "env")
        if dig(variable, "valueFrom", "secretKeyRef")
    }
    for field in ("command", "args"):
        before = ""
        for index, word in enumerate(words(container.spec.get(field))):
            if {match["name"] for match in EXPANSION.finditer(word)} & secret:
                yield in_container(container, f"{field}[{index}]", word, "no variable of a Secret")
            elif _is_secret_argument(before, word):
                yield in_container(container, f"{field}[{index}]", _masked(word), "no secret")
            before = word


@rule(
    "secret-in-config-map",
    meaning="No ConfigMap holds a password, a key or an address with a password in it.",
    remedy="Move the entry to a Secret.",
)
def config_map(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) == "ConfigMap":
        for key, value in mapping(manifest.get("data")).items():
            if is_secret_literal(key, value):
                yield Violation(manifest, f"data[{key}]", _masked(value), "no secret")


RULES = (outside, environment, arguments, config_map)


def is_secret_literal(name: str, value: Any) -> bool:
    """Whether text under a name is a password or key by the looks of either. It is a guess."""
    if not isinstance(value, str) or PLAIN.fullmatch(value):
        return False
    return bool(NAMED_SECRET.search(name.replace("-", "_")) or LOOKS_SECRET.search(value))


def _is_secret_argument(before: str, word: str) -> bool:
    """Whether a word is a secret: ``--password=x``, or x after ``--password``."""
    argument = ARGUMENT.fullmatch(word)
    if argument is not None:
        return is_secret_literal(argument["name"], argument["value"])
    name = before.lstrip("-") if before.startswith("-") and "=" not in before else ""
    return not word.startswith("-") and is_secret_literal(name, word)


def _masked(value: Any) -> str:
    """What a message says of text that may be a secret."""
    return f"{len(str(value))} characters, not shown"
