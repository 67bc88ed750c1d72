"""Channex's envelope: what a success looks like, and how lists page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from providers.errors import Malformed, Rejected
from providers.http import Answer, HttpClient
from providers.refusals import read_refusal

LARGEST_PAGE = 100  # a larger limit is answered with 400
MOST_PAGES = 200


class ChannexApi:
    """One credential talking to one Channex environment."""

    def __init__(self, http: HttpClient, page_size: int = LARGEST_PAGE) -> None:
        self.http = http
        self.page_size = min(max(page_size, 1), LARGEST_PAGE)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        bucket: str | None = None,
    ) -> dict[str, Any]:
        """Return the body of a success: an object with `data` or `meta` and without `errors`."""
        answer = self.http.request(method, path, params=params, json=json, bucket=bucket)
        return envelope(answer)

    def _attributes(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """Return the attributes of the one resource in the answer, its id among them."""
        body = self._call(method, path, **kwargs)
        data = body.get("data")
        if not isinstance(data, dict):
            raise Malformed("Channex answered without a resource", field="data")
        return attributes(data)

    def _pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield every item of a list as it came, over all pages. Without a limit Channex cuts at 10."""
        seen = 0
        for page in range(1, MOST_PAGES + 1):
            query = {**(params or {}), "pagination[page]": page, "pagination[limit]": LARGEST_PAGE}
            body = self._call("GET", path, params=query)
            items = listed(body)
            yield from items
            seen += len(items)
            if len(items) < LARGEST_PAGE or seen >= total(body, default=seen + 1):
                return
        message = f"Channex lists more than {MOST_PAGES * LARGEST_PAGE} items at {path}; ask for less"
        raise Rejected(message, code="too_many")


def envelope(answer: Answer) -> dict[str, Any]:
    """Return the body when it proves success. Errors may come with a 200."""
    body = answer.json
    if not isinstance(body, dict):
        raise Malformed("Channex answered with something other than an object", call_id=answer.call_id)
    if body.get("errors"):
        refusal = read_refusal(body)
        message = f"Channex refused the call: {refusal.message or 'no reason given'}"
        raise Rejected(message, code=refusal.code, status=answer.status, fields=refusal.fields, call_id=answer.call_id)
    if "data" not in body and "meta" not in body:
        raise Malformed("Channex answered with neither data nor meta", call_id=answer.call_id)
    return body


def listed(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data")
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise Malformed("Channex answered without a list", field="data")
    return data


def total(body: Mapping[str, Any], default: int) -> int:
    meta = body.get("meta")
    count = meta.get("total") if isinstance(meta, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else default


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource's attributes with its id, which must be there."""
    inner = item.get("attributes")
    found: dict[str, Any] = dict(inner) if isinstance(inner, dict) else {}
    identity = item.get("id") or found.get("id")
    if not isinstance(identity, str) or not identity:
        raise Malformed("Channex named a resource without an id", field="id")
    return {**found, "id": identity}


def related_id(item: Mapping[str, Any], name: str) -> str | None:
    """Return the id of a related resource; `relationships` nests it under `data` on some resources."""
    relations = item.get("relationships")
    if not isinstance(relations, dict):
        return None
    for holder in (relations, relations.get("data")):
        found = holder.get(name) if isinstance(holder, dict) else None
        found = found.get("data", found) if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(found.get("id"), str):
            return str(found["id"])
    return None


def related_ids(item: Mapping[str, Any], name: str) -> set[str]:
    """Return the ids of a resource's list of related ones."""
    relations = item.get("relationships")
    holder = relations.get(name) if isinstance(relations, dict) else None
    found = holder.get("data") if isinstance(holder, dict) else None
    return (
        {str(one["id"]) for one in found if isinstance(one, dict) and "id" in one} if isinstance(found, list) else set()
    )


def at(path: str, *ids: str) -> str:
    """Fill ids into a path. An id is data: a slash in it must not choose another endpoint."""
    return path.format(*(quote(identity, safe="") for identity in ids))
