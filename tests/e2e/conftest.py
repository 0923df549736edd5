"""The platform that these tests share."""

from tests.live import absent, client, healthy, platform

__all__ = ["absent", "client", "healthy", "platform"]
