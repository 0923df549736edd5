"""What a stack tells after it was brought up."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

__all__ = ["Platform"]


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A platform that was declared.

    Attributes:
        url: where the dashboard and the API are found.
        addresses: of what people look at, by name.
    """

    url: pulumi.Input[str]
    addresses: Mapping[str, pulumi.Input[str]]
