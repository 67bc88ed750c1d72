"""What a use case may refuse. Raised low, turned into pages once, in `portal.app`."""

from __future__ import annotations

from portal.services.sentences import Counted, Value, english


class ServiceError(Exception):
    """Base: `str()` is a sentence for a person."""


class NotFound(ServiceError):
    """The thing is not there, or is somebody else's: the same answer either way."""


class Refused(ServiceError):
    """The rules of the trade forbid it. `field` names the input at fault, when there is one.

    The sentence is written out with its values named, `Refused("Room %(number)s is taken.", number=room.number)`:
    `portal.web.refusals` says it in the reader's language, `str()` in English.
    """

    def __init__(self, sentence: str | Counted, *, field: str | None = None, **values: Value) -> None:
        super().__init__(english(sentence, values))
        self.sentence, self.values, self.field = sentence, values, field


class NotStored(ServiceError):
    """The database is away: nothing was kept, and the sender has to come again."""


class StaleEdit(Refused):
    """Somebody else changed the thing since it was shown."""
