"""What a use case may refuse. Raised low, turned into pages once, in `portal.app`."""

from __future__ import annotations


class ServiceError(Exception):
    """Base: `str()` is a sentence for a person."""


class NotFound(ServiceError):
    """The thing is not there, or is somebody else's: the same answer either way."""


class Refused(ServiceError):
    """The rules of the trade forbid it. `field` names the input at fault, when there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotStored(ServiceError):
    """The database is away: nothing was kept, and the sender has to come again."""


class StaleEdit(Refused):
    """Somebody else changed the thing since it was shown."""
