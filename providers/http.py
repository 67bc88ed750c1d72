"""One HTTP call to a provider: bounded in time and size, limited, journaled, and classified when it fails."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import requests
from urllib3.exceptions import HTTPError

from providers.deadline import Deadline
from providers.dialect import Credits, Dialect
from providers.errors import Malformed, ProviderError, RateLimited, Retryable
from providers.redact import redacted, redacted_query, redacted_text
from providers.refusals import WRITES, error_for
from providers.sessions import session_for
from providers.strict import dumps, loads_page


class Answer(NamedTuple):
    """What a provider answered to a call that succeeded."""

    status: int
    json: Any
    headers: Mapping[str, str]  # case does not matter
    call_id: str


@dataclass(frozen=True)
class Call:
    """One call for the journal. Bodies are redacted text of at most 64 KiB; headers are never kept."""

    id: str
    at: datetime  # aware, UTC
    method: str
    path: str  # below the base URL, with the query
    status: int | None  # None: no answer came
    milliseconds: int
    request_body: str | None
    response_body: str | None
    error: str | None
    provider_request_id: str | None


class Breaker(Protocol):
    """Knows whether a provider is worth calling."""

    def before(self) -> float:
        """Return the seconds until a call is allowed; 0 lets this one through."""

    def succeeded(self) -> None: ...

    def failed(self) -> None: ...


class HttpFactory(Protocol):
    """Makes the client of one connection: the portal binds deadline, limits, breaker and journal to it."""

    def __call__(self, base_url: str, headers: Mapping[str, str]) -> HttpClient: ...


class HttpClient:
    """Talks JSON to one provider with one credential. Raises the errors of `providers.errors` only; never retries.

    `limiter` takes a slot of a bucket and returns 0, or returns the seconds to wait. `limited` hears of a
    provider's own 429 with its bucket and seconds, `observed` of the credits an answer names. A provider that
    wants one call at a time gives `turn`: it is held for the whole call. `journal` gets one `Call` for each call
    that left. `limited`, `observed` and `journal` must not raise.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        deadline: float = 10.0,
        limiter: Callable[[str], float] | None = None,
        limited: Callable[[str, float], None] | None = None,
        observed: Callable[[str, Credits], None] | None = None,
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
        breaker: Breaker | None = None,
        journal: Callable[[Call], None] | None = None,
        max_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        self._deadline = deadline
        self._limiter = limiter
        self._limited = limited
        self._breaker = breaker
        self._journal = journal
        self._max_bytes = max_bytes
        self._observed = observed
        self._turn = turn
        self._dialect = Dialect()

    def speaking(self, dialect: Dialect) -> HttpClient:
        """Return this client, which from now on understands a provider's own words."""
        self._dialect = dialect
        return self

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        bucket: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make the call and return its JSON answer (status 2xx). A list in `params` repeats its name.

        Raises `RateLimited` or `Retryable` without calling when the limiter or the breaker says wait.
        """
        with self._turn():
            self._wait_our_turn(bucket)
            attempt = _Attempt(method, path, params or {}, json, {**self._headers, **(headers or {})})
            try:
                answer = self._send(attempt)
            except ProviderError as error:
                attempt.error = error
                if isinstance(error, RateLimited) and self._limited and bucket:
                    self._limited(bucket, error.retry_after or 0.0)
                raise
            finally:
                self._record(attempt, bucket)
        return answer

    def _wait_our_turn(self, bucket: str | None) -> None:
        """The limiter goes first: a half-open breaker lets one call through, which must then be made."""
        wait = self._limiter(bucket) if self._limiter and bucket else 0.0
        if wait > 0:
            raise RateLimited(f"our own limit for {bucket}: next call in {wait:.1f} s", retry_after=wait)
        wait = self._breaker.before() if self._breaker else 0.0
        if wait > 0:
            message = f"the provider keeps failing: next try in {wait:.0f} s"
            raise Retryable(message, retry_after=wait)

    def _send(self, attempt: _Attempt) -> Answer:
        session = session_for(self.base_url)
        with Deadline(self._deadline) as deadline:
            try:
                with session.request(
                    attempt.method,
                    self.base_url + attempt.path,
                    params=dict(attempt.params),
                    data=attempt.sent,
                    headers=attempt.sent_headers,
                    timeout=(self._deadline / 3, self._deadline),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    attempt.status = response.status_code
                    attempt.headers = response.headers
                    attempt.raw = _read(response, self._max_bytes, attempt.id)
                if deadline.over:
                    raise requests.Timeout("cut")
            except (OSError, HTTPError) as error:  # requests' own errors are OSErrors; a few of urllib3's leak
                raise _broken(error, deadline, attempt) from error
        return self._understood(attempt)

    def _understood(self, attempt: _Attempt) -> Answer:
        status = attempt.status or 0
        if 200 <= status < 300:
            try:
                attempt.answer = loads_page(attempt.raw)
            except Malformed as error:
                raise Malformed(f"{error} (status {status})", call_id=attempt.id) from None
            return Answer(status, attempt.answer, attempt.headers, attempt.id)
        try:
            attempt.answer = loads_page(attempt.raw)
        except Malformed:
            attempt.answer = None  # an error page of a proxy: its status still says what to do
        refusal = self._dialect.read_error(attempt.answer)
        wait = self._dialect.wait(attempt.headers)
        raise error_for(attempt.method, status, attempt.headers, refusal, attempt.id, datetime.now(UTC), wait)

    def _record(self, attempt: _Attempt, bucket: str | None) -> None:
        credits = self._dialect.read_credits(attempt.headers)
        if self._observed and bucket and credits:
            self._observed(bucket, credits)
        if self._breaker:
            if attempt.status is None or attempt.status >= 500 or attempt.broken:
                self._breaker.failed()
            else:
                self._breaker.succeeded()
        if self._journal:
            self._journal(attempt.call())


class _Attempt:
    """What is known of a call while it is made."""

    def __init__(
        self, method: str, path: str, params: Mapping[str, Any], body: Any, headers: Mapping[str, str]
    ) -> None:
        self.id = uuid7()
        self.at = datetime.now(UTC)
        self.started = monotonic()
        self.method = method
        self.path = path
        self.params = params
        self.body = body
        self.sent = None if body is None else dumps(body)
        self.sent_headers = headers
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.raw = b""
        self.answer: Any = None
        self.error: ProviderError | None = None
        self.broken = False  # the line broke or the time ended, perhaps after the status line

    def call(self) -> Call:
        query = redacted_query(self.params)
        answered = (
            redacted(self.answer) if self.answer is not None else redacted_text(self.raw.decode("utf-8", "replace"))
        )
        return Call(
            id=self.id,
            at=self.at,
            method=self.method,
            path=f"{self.path}?{query}" if query else self.path,
            status=self.status,
            milliseconds=round((monotonic() - self.started) * 1000),
            request_body=None if self.body is None else redacted(self.body),
            response_body=answered or None,
            error=f"{type(self.error).__name__}: {self.error}" if self.error else None,
            provider_request_id=self.headers.get("x-request-id"),
        )


def _broken(error: Exception, deadline: Deadline, attempt: _Attempt) -> Retryable:
    attempt.broken = True
    ambiguous = deadline.sent and attempt.method in WRITES
    if deadline.over or isinstance(error, requests.Timeout):
        message = f"no whole answer within {deadline.seconds:g} s"
    else:
        message = f"the connection failed ({type(error).__name__})"
    return Retryable(message, ambiguous=ambiguous, call_id=attempt.id)


def _read(response: requests.Response, max_bytes: int, call_id: str) -> bytes:
    """Return the body, unpacked; refuse one larger than the cap as soon as it shows."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(64 * 1024):
        size += len(part)
        if size > max_bytes:
            raise Malformed(f"the answer is larger than {max_bytes} bytes", call_id=call_id)
        parts.append(part)
    return b"".join(parts)


def uuid7() -> str:
    """Return a UUID version 7: ids made later sort later."""
    milliseconds = int(time() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=value))
