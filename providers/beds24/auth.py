"""Signing in: an invite code once, a refresh token for as long as it is used, access tokens of a day.

Not OAuth: secrets travel in headers of GET requests. A refresh token dies after 30 days without use, and
sometimes comes back changed, which ends the old one at once: it is stored before the new access token is used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.errors import AuthFailed, Malformed, Rejected
from providers.http import Answer, HttpClient
from providers.strict import clean_text
from providers.tokens import Tokens, TokenStore

BUCKET = "credits"  # one allowance for the whole account, whatever is asked
MARGIN = timedelta(minutes=5)  # an access token this close to its end is not begun with
# Beds24 says the same for a dead token and for a missing right; one made just now is not dead.
REFUSED_AT_ONCE = "Beds24 refuses a token it has just made: a scope or a property is missing from its rights"
LONGEST_TOKEN = 4096
LONGEST_LIFE = 400 * 86400


def utc_now() -> datetime:
    return datetime.now(UTC)


class Auth:
    """The tokens of one account, renewed by one worker at a time."""

    def __init__(self, http: HttpClient, tokens: TokenStore | None, clock: Callable[[], datetime] = utc_now) -> None:
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._renewed: str | None = None

    def access_token(self, worn: str | None = None) -> str:
        """Return a token to call with. `worn` is one Beds24 just refused: another is returned, or `AuthFailed`."""
        if worn is not None and worn == self._renewed:
            raise AuthFailed(REFUSED_AT_ONCE)
        tokens = self._stored().load()
        if not self._serves(tokens, worn):
            tokens = self._renew(lambda stored: self._serves(stored, worn))
            if worn is not None:
                self._renewed = tokens.access
        return tokens.access or ""

    def proved(self) -> None:
        """Note that our token was accepted: should it be refused later, it has died since."""
        self._renewed = None

    def keep(self, ahead: timedelta, at_least_every: timedelta) -> Tokens:
        """Renew ahead of the end, and often enough for the refresh token to live; return what is stored now."""

        def fresh(tokens: Tokens) -> bool:
            used = tokens.refreshed_at
            unused = used is None or self._clock() - used >= at_least_every
            return self._serves(tokens, None, ahead) and not unused

        tokens = self._stored().load()
        return tokens if fresh(tokens) else self._renew(fresh)

    def exchange(self, code: str, label: str) -> Tokens:
        """Return the tokens for an invite code: 24 hours old at most, and used once."""
        headers = {"code": _header(code), "deviceName": _header(label)[:100]}
        try:
            answer = self._http.request("GET", "/authentication/setup", headers=headers, bucket=BUCKET)
        except (AuthFailed, Rejected) as error:
            message = "Beds24 does not accept this invite code: it is mistyped, used already or older than a day"
            raise AuthFailed(message, call_id=error.call_id) from error
        return self._read(answer, None)

    def revoke(self) -> None:
        """End our refresh token at Beds24; one that is dead already is as good."""
        headers = {"refreshToken": _header(self._stored().load().refresh)}
        try:
            self._http.request("DELETE", "/authentication/token", headers=headers, bucket=BUCKET)
        except Malformed:
            return  # a success without a body: Beds24 describes none
        except (AuthFailed, Rejected):
            return

    def _renew(self, good: Callable[[Tokens], bool]) -> Tokens:
        store = self._stored()
        with store.exclusively():
            tokens = store.load()  # while we waited another worker may have done it
            if good(tokens):
                return tokens
            headers = {"refreshToken": _header(tokens.refresh)}
            try:
                answer = self._http.request("GET", "/authentication/token", headers=headers, bucket=BUCKET)
            except (AuthFailed, Rejected) as error:
                if store.load().refresh != tokens.refresh:
                    return store.load()  # changed by somebody who held the renewal before us and came back late
                message = "Beds24 no longer accepts our refresh token: connect again with a new invite code"
                raise AuthFailed(message, call_id=error.call_id) from error
            renewed = self._read(answer, tokens.refresh)
            store.save(renewed)
            return renewed

    def _serves(self, tokens: Tokens, worn: str | None, ahead: timedelta = MARGIN) -> bool:
        if not tokens.access or tokens.access == worn or tokens.expires_at is None:
            return False
        return self._clock() + ahead < tokens.expires_at

    def _read(self, answer: Answer, refresh: str | None) -> Tokens:
        """Return the tokens of an answer; the old refresh token stays good when no other is named."""
        body: dict[str, Any] = answer.json if isinstance(answer.json, dict) else {}
        now = self._clock()
        return Tokens(
            refresh=_secret(body.get("refreshToken") or refresh, "refreshToken", answer.call_id),
            access=_secret(body.get("token"), "token", answer.call_id),
            expires_at=now + timedelta(seconds=_seconds(body.get("expiresIn"), answer.call_id)),
            refreshed_at=now,
        )

    def _stored(self) -> TokenStore:
        if self._tokens is None:
            raise AuthFailed("there are no Beds24 credentials yet: connect with an invite code")
        return self._tokens


def _header(value: str) -> str:
    """Return a secret a header can carry. A line break pasted along would otherwise start a header of its own."""
    text = value.strip()
    if not text.isascii() or not text.isprintable():
        raise AuthFailed("the code or token holds characters that Beds24 never uses")
    return text


def _secret(value: Any, field: str, call_id: str) -> str:
    if isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii() and value.isprintable():
        return value
    raise Malformed("Beds24 answered without a usable token", field=field, call_id=call_id)


def _seconds(value: Any, call_id: str) -> int:
    """Return a lifetime. Examples print an hour, live tokens last a day: only the answer itself counts."""
    text = str(value).partition(".")[0] if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit() and 0 < len(text) < 12 and 0 < int(text):
        return min(int(text), LONGEST_LIFE)
    shown = clean_text(repr(value))[:40]
    raise Malformed(f"expiresIn: {shown} is not a lifetime in seconds", field="expiresIn", call_id=call_id)
