"""What can go wrong with signing in."""

from app.core.errors import Conflict, NotAuthenticated, TooManyRequests

__all__ = ["EmailTaken", "RefreshRefused", "RefreshReused", "TooManyAttempts", "WrongCredentials"]


class EmailTaken(Conflict):
    title = "The e-mail address is taken"

    def __init__(self) -> None:
        super().__init__("A user with this e-mail address exists")


class WrongCredentials(NotAuthenticated):
    title = "E-mail or password is wrong"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong, or the user is disabled")


class RefreshRefused(NotAuthenticated):
    title = "The refresh token is not good"

    def __init__(self) -> None:
        super().__init__("The refresh token is missing, unknown, ended or revoked; sign in again")


class RefreshReused(NotAuthenticated):
    """A consumed token came again: somebody has a copy, so the whole family is revoked."""

    title = "The refresh token was used before"
    keeps_writes = True

    def __init__(self) -> None:
        super().__init__("The refresh token was used before; this sign-in has ended, sign in again")


class TooManyAttempts(TooManyRequests):
    title = "Too many attempts"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(
            f"Too many attempts; try again in {retry_after_s:.0f} s", retry_after_s=retry_after_s
        )
