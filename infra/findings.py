"""What ``autoserve doctor`` reports: the shape of one finding."""

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One missing or left-over piece."""

    what: str  # a sentence that names it, what was found and what is needed
    mend: str  # the exact command, or what to do where there is none
