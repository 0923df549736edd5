"""The platform that these tests share."""

from tests.live import absent, healthy, platform

__all__ = ["absent", "healthy", "platform"]
