"""From an HTTP status to one of our errors: who is to act, and when."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers.errors import AuthFailed, Malformed, NotFound, ProviderError, RateLimited, Rejected, Retryable

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
DEFAULT_WAIT = 60.0
LONGEST_WAIT = 24 * 3600.0
_QUOTA = re.compile(r"[0-9]{1,9}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Refusal:
    """What the provider's error body says: its code, a sentence, and messages by field."""

    code: str | None = None
    message: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)


def error_for(
    method: str,
    status: int,
    headers: Mapping[str, str],
    refusal: Refusal,
    call_id: str,
    now: datetime,
    default_wait: float = DEFAULT_WAIT,
) -> ProviderError:
    """Return the error a status that is not a success stands for. `default_wait`: after a 429 that names no time."""
    said = f": {refusal.message}" if refusal.message else ""
    if status in (401, 403):
        return AuthFailed(f"the provider refused our key or its rights ({status}){said}", call_id=call_id)
    if status == 429:
        wait = retry_after(headers, now) or exhausted(headers) or _bounded(default_wait)
        return RateLimited(f"the provider asks us to wait {wait:.0f} s", retry_after=wait, call_id=call_id)
    if status >= 500 or status == 408:
        # 503 says that nothing was begun; after the others a write may have been carried out.
        ambiguous = method in WRITES and status != 503
        wait_or_none = retry_after(headers, now)
        message = f"the provider failed ({status}){said}"
        return Retryable(message, retry_after=wait_or_none, ambiguous=ambiguous, call_id=call_id)
    if status >= 400:
        kind = NotFound if status == 404 else Rejected
        message = f"the provider refused the call ({status}){said}"
        return kind(message, code=refusal.code, status=status, fields=refusal.fields, call_id=call_id)
    return Malformed(f"the provider answered {status} where a result was due", call_id=call_id)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, given as a number or as an HTTP date; `None` when absent or unreadable.

    A date is read against the answer's own `Date`, so that a wrong clock on either side does not matter.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return _bounded(float(value))
    until = _http_date(value)
    if until is None:
        return None
    return _bounded((until - (_http_date(headers.get("Date", "")) or now)).total_seconds())


def exhausted(headers: Mapping[str, str]) -> float | None:
    """Return the shortest wait among the used-up quotas of a `RateLimit` header (`"name";r=0;t=21`)."""
    waits = [wait for quota in headers.get("RateLimit", "").split(",")[:50] if (wait := _used_up(quota)) is not None]
    return _bounded(min(waits)) if waits else None


def _used_up(quota: str) -> int | None:
    fields = dict(field.strip().partition("=")[::2] for field in quota.split(";")[1:20])
    left, seconds = fields.get("r", ""), fields.get("t", "")
    if _QUOTA.fullmatch(left) and int(left) == 0 and _QUOTA.fullmatch(seconds):
        return int(seconds)
    return None


def read_refusal(body: Any) -> Refusal:
    """Read `{"errors": {"code", "title", "details"}}`; details may be an object, a list or absent."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, dict):
        return Refusal()
    fields = _messages(errors.get("details"))
    title = errors.get("title") if isinstance(errors.get("title"), str) else ""
    said = "; ".join(f"{name} {message}".strip() for name, messages in fields.items() for message in messages)
    code = errors.get("code") if isinstance(errors.get("code"), str) else None
    return Refusal(code, " – ".join(part for part in (title, said) if part)[:500], fields)


def _messages(details: Any) -> dict[str, list[str]]:
    if isinstance(details, dict):
        return {str(name): _texts(messages) for name, messages in details.items()}
    return {"": _texts(details)} if details else {}


def _texts(messages: Any) -> list[str]:
    return [str(message)[:300] for message in (messages if isinstance(messages, list) else [messages])][:20]


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounded(seconds: float) -> float:
    return min(max(math.ceil(seconds), 1), LONGEST_WAIT)
