"""What can go wrong between us and a provider: two leaves decide what happens next."""

from __future__ import annotations


class ProviderError(Exception):
    """Base. `call_id` names the journal entry, `category` is one of the portal's error classes."""

    category = "SYNC_FAILED"

    def __init__(self, message: str, *, call_id: str | None = None) -> None:
        super().__init__(message)
        self.call_id = call_id


class Retryable(ProviderError):
    """Trying again may help: network, 5xx, 429, an open breaker.

    `retry_after` is in seconds, when the provider (or our own limiter) said so. `ambiguous` is
    true when the provider may have done what we asked before the line broke.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, ambiguous: bool = False, call_id: str | None = None
    ) -> None:
        super().__init__(message, call_id=call_id)
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class RateLimited(Retryable):
    """Ours or theirs: the next call is allowed in `retry_after` seconds."""

    category = "RATE_LIMIT"


class Rejected(ProviderError):
    """The provider understood and said no. The same call will be refused again.

    `fields` maps the provider's field name to its messages.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: dict[str, list[str]] | None = None,
        call_id: str | None = None,
    ) -> None:
        super().__init__(message, call_id=call_id)
        self.code = code
        self.status = status
        self.fields = fields or {}


class NotFound(Rejected):
    """The thing we named is not there (any more)."""

    category = "MAPPING_ERROR"


class AuthFailed(ProviderError):
    """The credential is wrong, withdrawn, or not allowed to do this. Never retried by itself."""

    category = "AUTH_ERROR"


class Malformed(ProviderError):
    """The answer is not what the provider documents: not a success, whatever its status says.

    `field` names the part of a booking message that was at fault, as a path (`rooms[0].amount`).
    """

    def __init__(self, message: str, *, field: str | None = None, call_id: str | None = None) -> None:
        super().__init__(message, call_id=call_id)
        self.field = field


class NotSupported(ProviderError):
    """This provider cannot do that; asking was our mistake."""
