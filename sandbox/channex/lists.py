"""Paging, order and filters of Channex lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.channex.errors import Refused
from sandbox.web import Request, Response, answer

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "gt": lambda have, want: have > want,
    "gte": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "lte": lambda have, want: have <= want,
    "eq": lambda have, want: have == want,
    "not": lambda have, want: have != want,
}


def paging(request: Request) -> tuple[int, int]:
    """Page number from 1 and page size, 10 unless asked for. Raises Refused."""
    try:
        page = int(request.query.get("pagination[page]", "1"))
        limit = int(request.query.get("pagination[limit]", "10"))
    except ValueError as error:
        raise Refused(400, ["pagination is invalid"]) from error
    if page < 1 or not 1 <= limit <= 100:
        raise Refused(400, ["pagination limit should be between 1 and 100"])
    return page, limit


def listing(
    request: Request,
    rows: Iterable[Any],
    view: Callable[[Any], dict[str, Any]],
    key: Callable[[Any, str], Any],
    default_order: str = "title",
    descending: bool = False,
    filters: frozenset[str] = frozenset(("id", "title", "is_active")),
    tells_order: bool = True,
) -> Response:
    """A page of a list. `key(row, field)` gives a row's value of a field. Groups do not tell their order."""
    page, limit = paging(request)
    found = [row for row in rows if _passes(request, row, key, filters)]
    order, direction = _order(request, default_order, "desc" if descending else "asc")
    found.sort(key=lambda row: str(key(row, order) or ""), reverse=direction == "desc")
    meta: dict[str, Any] = {
        "page": page,
        "limit": limit,
        "total": len(found),
        "order_by": order,
        "order_direction": direction,
    }
    if not tells_order:
        meta |= {"order_by": None, "order_direction": None}
    start = (page - 1) * limit
    return answer({"data": [view(row) for row in found[start : start + limit]], "meta": meta})


def _order(request: Request, field: str, direction: str) -> tuple[str, str]:
    for name, value in request.query.items():
        if name.startswith("order[") and name.endswith("]"):
            if value not in ("asc", "desc"):
                raise Refused(400, ["order is invalid"])
            return name[6:-1], value
    return field, direction


def _passes(request: Request, row: Any, key: Callable[[Any, str], Any], filters: frozenset[str]) -> bool:
    for name, wanted in request.query.items():
        if not name.startswith("filter["):
            continue
        field, _, rest = name[7:].partition("]")
        if field not in filters:
            continue
        operator = rest[1:-1] if rest else ""
        if operator not in OPERATORS and operator:
            raise Refused(422, {f"filter[{field}]": ["is invalid"]}, code="bad_request")
        have = key(row, field)
        values = {_word(each) for each in have} if isinstance(have, list) else {_word(have)}
        if operator:
            if not any(OPERATORS[operator](value, wanted) for value in values):
                return False
        elif not values & set(wanted.split(",")):
            return False
    return True


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
