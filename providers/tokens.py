"""Credentials that wear out: who keeps them, and how only one worker renews them at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Tokens:
    """What signs us in. `refresh` mints `access`, which serves until `expires_at` (aware, UTC)."""

    refresh: str = field(repr=False)
    access: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    refreshed_at: datetime | None = None  # when `refresh` was last used: unused for too long, it dies


class TokenStore(Protocol):
    """Keeps the tokens of one account. The portal writes them sealed, each `save` committed when it returns."""

    def load(self) -> Tokens:
        """Return the tokens as they are stored now, not as this process remembers them."""

    def save(self, tokens: Tokens) -> None: ...

    def exclusively(self) -> AbstractContextManager[object]:
        """Hold the renewal for this worker alone. Raises `Retryable` when another keeps it for too long."""
