"""How the words of the environment become values: each reader raises `ValueError` with the end of a sentence."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, urlsplit

Reader = Callable[[str], Any]

MASTER_KEY_BYTES = 32


class ConfigError(Exception):
    """The portal cannot start like this. `problems` are sentences, all of them at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("Roomwire does not start with these settings:\n" + "\n".join(f"- {each}" for each in problems))
        self.problems = tuple(problems)


def text(words: str) -> str:
    return words


def optional(reader: Reader) -> Reader:
    """Nothing stays nothing; anything else goes to `reader`."""
    return lambda words: reader(words) if words else None


def choice(*allowed: str) -> Reader:
    """One of a few words, in any case."""
    known = {word.lower(): word for word in allowed}

    def read(words: str) -> str:
        if words.lower() not in known:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return known[words.lower()]

    return read


LEVELS = choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def switch(words: str) -> bool:
    known = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
    if words.lower() not in known:
        raise ValueError("must be on or off")
    return known[words.lower()]


def whole(least: int, most: int) -> Reader:
    """A whole number in a range, both ends allowed."""

    def read(words: str) -> int:
        if not words.isascii() or not words.isdigit() or not least <= int(words) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(words)

    return read


def number(least: float, most: float) -> Reader:
    """A number in a range, both ends allowed."""

    def read(words: str) -> float:
        try:
            value = float(words)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"must be a number from {least} to {most}")
        return value

    return read


def secret(least: int) -> Reader:
    """Words nobody can guess: long enough, and not one letter over and over."""

    def read(words: str) -> str:
        if len(words) < least:
            raise ValueError(f"is too short: it needs at least {least} characters")
        if len(set(words)) < 8:
            raise ValueError("can be guessed: take random characters")
        return words

    return read


def master_keys(words: str) -> tuple[tuple[str, bytes], ...]:
    keys: dict[str, bytes] = {}
    for position, part in enumerate(words.split(","), start=1):
        name, colon, encoded = part.strip().partition(":")
        if not colon or not name:
            raise ValueError(f"must be written id:base64[,id:base64]; key {position} is not")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"holds a key {name} that is not base64") from None
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError(f"holds a key {name} of {len(key)} bytes; it must be {MASTER_KEY_BYTES}")
        if name in keys:
            raise ValueError(f"names the key {name} twice")
        if len(set(key)) < 8:
            raise ValueError(f"holds a key {name} that can be guessed: take random bytes")
        keys[name] = key
    return tuple(keys.items())


def mailbox(words: str) -> str:
    """An e-mail address, with or without a name before it."""
    _, found = parseaddr(words)
    if "@" not in found or not words.isprintable():
        raise ValueError("must be an e-mail address, such as Roomwire <rooms@example.com>")
    return words


def address(*schemes: str) -> Reader:
    """An address with one of these schemes and a host, or a path where the scheme has no host."""

    def read(words: str) -> str:
        parts = split(words)
        if parts.scheme not in schemes or not (parts.netloc or parts.path or parts.query):
            raise ValueError(f"must be an address beginning with {' or '.join(f'{each}://' for each in schemes)}")
        return words.rstrip("/") if parts.scheme.startswith("http") else words

    return read


def origin(words: str) -> str:
    parts = split(words)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be http:// or https:// and a host, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def split(words: str) -> SplitResult:
    try:
        parts = urlsplit(words)
        _ = parts.port  # reading it is what finds a port that is no number
    except ValueError:
        raise ValueError("is not an address") from None
    return parts


def redis_is_guarded(url: str) -> bool:
    """True when a password or the rights of a socket file stand before Redis."""
    parts = split(url)
    return parts.scheme == "unix" or bool(parts.password)
