"""Beds24's envelopes: what a success looks like, how lists page, and one new token when the old is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.beds24.auth import BUCKET, REFUSED_AT_ONCE, Auth, utc_now
from providers.beds24.items import Item, read_items
from providers.beds24.words import DIALECT, read_error
from providers.errors import AuthFailed, Malformed, Rejected
from providers.http import Answer, HttpClient
from providers.tokens import TokenStore

MOST_PAGES = 200  # of 100 bookings each: a longer walk is an error, never a short list


class Beds24Api:
    """One account. Beds24 wants one call at a time for each: the `HttpClient`'s `turn` sees to that."""

    def __init__(
        self,
        http: HttpClient,
        tokens: TokenStore | None = None,
        currency: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.http = http.speaking(DIALECT)
        self.auth = Auth(self.http, tokens, clock)
        self.currency = currency
        self._clock = clock

    def _call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Answer:
        """Make a call with a good token. A 401 means nothing was done: once, it is tried with a new token."""
        token = self.auth.access_token()
        try:
            answer = self._send(method, path, token, params, json)
        except AuthFailed:
            token = self.auth.access_token(worn=token)
            try:
                answer = self._send(method, path, token, params, json)
            except AuthFailed as error:
                raise AuthFailed(REFUSED_AT_ONCE, call_id=error.call_id) from error
        self.auth.proved()
        return answer

    def _send(self, method: str, path: str, token: str, params: Mapping[str, Any] | None, json: Any) -> Answer:
        return self.http.request(method, path, params=params, json=json, bucket=BUCKET, headers={"token": token})

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, by a page counter of our own.

        `nextPageLink` is not followed: a text in an answer must not decide where our token is sent.
        """
        for page in range(1, MOST_PAGES + 1):
            answer = self._call("GET", path, params=dict(params) if page == 1 else {**params, "page": page})
            items, more = read_list(answer)
            yield from items
            if not more:
                return
        message = f"Beds24 lists more than {MOST_PAGES} pages at {path}; ask for less"
        raise Rejected(message, code="too_many")

    def _write(self, path: str, items: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Send an array and return Beds24's word on each of its items: a refusal, too, comes with a 201."""
        return read_items(self._call("POST", path, json=list(items)), len(items))


def read_list(answer: Answer) -> tuple[list[dict[str, Any]], bool]:
    """Return the items of a page, and whether there is another."""
    body = answer.json
    if not isinstance(body, dict):
        raise Malformed("Beds24 answered with something other than an object", call_id=answer.call_id)
    if body.get("success") is not True:
        refusal = read_error(body)
        message = f"Beds24 refused the call: {refusal.message or 'no reason given'}"
        raise Rejected(message, code=refusal.code, status=answer.status, call_id=answer.call_id)
    items, pages = body.get("data"), body.get("pages")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Malformed("Beds24 answered without a list", field="data", call_id=answer.call_id)
    more = pages.get("nextPageExists") if isinstance(pages, dict) else None
    if not isinstance(more, bool):
        message = "Beds24 does not say whether there is more"
        raise Malformed(message, field="pages.nextPageExists", call_id=answer.call_id)
    return items, more
