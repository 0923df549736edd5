"""What can go wrong with users."""

from uuid import UUID

from app.core.errors import Conflict, NotFound

__all__ = ["LastAdmin", "UserUnknown"]


class UserUnknown(NotFound):
    title = "No such user"

    def __init__(self, id: UUID) -> None:
        super().__init__(f"There is no user {id}")


class LastAdmin(Conflict):
    title = "The last administrator stays"

    def __init__(self) -> None:
        super().__init__("This is the last administrator; make another user one first")
