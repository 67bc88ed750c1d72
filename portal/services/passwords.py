"""Passwords: argon2id, a few at a time, and which ones are guessed too soon (zxcvbn)."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from portal.services.errors import ServiceError

SHORTEST = 12
LONGEST = 200
# Twice what OWASP asks for at least (m=19456, t=2, p=1): 40 MiB and about 50 ms of one core.
HASHER = PasswordHasher(time_cost=2, memory_cost=40960, parallelism=1)
# A hash takes a core and memory: more at once would starve the pages, or the machine.
_AT_ONCE = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 5.0
# Below this power of ten in guesses a password of any length is found by whoever has a list of words and patterns.
_FEWEST_GUESSES_LOG10 = 6
# What zxcvbn looks at: it takes quadratic time, and whoever types more is safe.
_LOOKED_AT = 72


class Busy(ServiceError):
    """Too many people sign in at this instant."""


def hashed(password: str) -> str:
    with _turn():
        return HASHER.hash(_normal(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes equally long when there is nobody to compare with (None)."""
    with _turn():
        try:
            return HASHER.verify(password_hash or NOBODYS, _normal(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


def weakness(password: str, *known: str) -> str | None:
    """Why a new password is refused (`short`, `long`, `guessable`), or None. `known`: name, e-mail of the person."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    found = zxcvbn(_normal(password)[:_LOOKED_AT], user_inputs=["roomwire", "hotel", *filter(None, known)])
    return "guessable" if found["guesses_log10"] < _FEWEST_GUESSES_LOG10 else None


def _normal(password: str) -> str:
    """The same password typed on another keyboard gives the same characters."""
    return unicodedata.normalize("NFKC", password)


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise Busy("Too many people are signing in at this moment.")
    try:
        yield
    finally:
        _AT_ONCE.release()


# What an unknown address is compared with, so that the answer takes as long as for a known one.
NOBODYS = HASHER.hash("nobody has this password")
