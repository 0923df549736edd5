"""Redis: the broker of the worker's queue and the channel of live progress."""

from infra.services.description import Port, Probe, Service, State, Tier
from infra.settings import Settings

__all__ = ["NAME", "PASSWORD", "PORT", "URL", "redis"]

NAME = "redis"
PORT = "redis"
PASSWORD = "redis-password"  # noqa: S105 - the name of a secret
URL = f"redis://:{{secret:{PASSWORD}}}@{{address:{NAME}.{PORT}}}/0"


def redis(settings: Settings) -> Service:
    # A full broker must refuse, never evict: noeviction. Messages survive a restart by the
    # append-only file; what it may still lose, the sweeper publishes again (design, decision 7).
    configuration = f"""\
bind {{listen}}
port {{port:{PORT}}}
requirepass {{secret:{PASSWORD}}}
dir {{dir:data}}
appendonly yes
appendfsync everysec
save ""
maxmemory {settings.data.redis_memory_mib}mb
maxmemory-policy noeviction
daemonize no
"""
    return Service(
        name=NAME,
        title="Redis, the task queue's broker",
        command=("redis-server", "{dir:etc}/redis.conf"),
        ports=(Port(name=PORT, number=6379),),
        probe=Probe(port=PORT, deadline_s=30),
        files={"redis.conf": configuration},
        state=State.DATA,
        tier=Tier.DATA,
        image="redis",
        account=999,
        resources=settings.resources.redis,
        volume_gib=settings.cluster.storage.redis_gib if settings.cluster else 0,
    )
