"""Passwords: Argon2id in a bounded pool of threads.

One hash takes MEMORY_KIB of memory, so that at most THREADS of them run at the same time in one
process.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["Passwords", "generated_password"]

# OWASP Password Storage Cheat Sheet, "Argon2id".
MEMORY_KIB = 47_104
PASSES = 1
LANES = 1
THREADS = 4

T = TypeVar("T")


class Passwords:
    """Hashes and checks passwords. Close it at the end of the process."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(
            time_cost=PASSES, memory_cost=memory_kib, parallelism=LANES, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def matches(self, password: str, kept_hash: str | None) -> bool:
        """Whether the password is the right one; takes as long where there is no user (None)."""
        if kept_hash is None:
            if self._decoy is None:
                self._decoy = await self.hash(secrets.token_urlsafe(16))
            await self._run(self._verify, password, self._decoy)
            return False
        return await self._run(self._verify, password, kept_hash)

    def is_outdated(self, kept_hash: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept_hash)

    def hash_now(self, password: str) -> str:
        """The same for a command without an event loop."""
        return self._hasher.hash(password)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, kept_hash: str) -> bool:
        try:
            return self._hasher.verify(kept_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)


def generated_password() -> str:
    """A new password of 120 random bits."""
    return secrets.token_urlsafe(15)
