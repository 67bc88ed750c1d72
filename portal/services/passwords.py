"""Passwords: argon2id, a few at a time, and which ones are too easy."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.services.errors import ServiceError

SHORTEST = 12
LONGEST = 200
# Twice what OWASP asks for at least (m=19456, t=2, p=1): 40 MiB and about 50 ms of one core.
HASHER = PasswordHasher(time_cost=2, memory_cost=40960, parallelism=1)
# A hash takes a core and memory: more at once would starve the pages, or the machine.
_AT_ONCE = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 5.0
# Long enough for the rule, and guessed first all the same.
_GUESSED_FIRST = (
    "password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "abcdefgh", "12345678",
    "87654321", "administrator", "roomwire", "changeme", "football", "sunshine", "princess", "hotelhotel",
)  # fmt: skip
_FEWEST_LETTERS = 5


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
    plain = _normal(password).casefold()
    without_digits = plain.strip("0123456789!?.-_ ")
    words = (*_GUESSED_FIRST, *(each.casefold() for each in known if each))
    guessed = any(_letters(plain.replace(word, "")) < _FEWEST_LETTERS for word in words if word in plain)
    if guessed or len(set(plain)) < _FEWEST_LETTERS or not without_digits or _is_a_run(plain):
        return "guessable"
    return None


def _letters(words: str) -> int:
    return sum(letter.isalpha() for letter in words)


def _is_a_run(plain: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in zip(plain, plain[1:], strict=False)}
    return len(steps) == 1


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
