"""How Beds24 says no: one object with four fields."""

from __future__ import annotations

from typing import Any

import orjson

# Only the 401 is observed; the other texts are invented, for none is published.
TEXTS = {
    400: "Bad request",
    401: "Token not valid",
    404: "Not found",
    413: "Request body too large",
    429: "Credit limit exceeded",
    500: "Internal server error",
    503: "Service unavailable",
}


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, error: str | None = None) -> None:
        super().__init__(error or TEXTS.get(status, "Error"))
        self.status = status
        self.error = str(self)


def body(status: int, details: dict[str, Any] | str | None = None) -> bytes:
    """The error object; `details` may replace its text or any of its fields."""
    shape: dict[str, Any] = {"success": False, "type": "error", "code": status, "error": TEXTS.get(status, "Error")}
    if isinstance(details, str):
        shape["error"] = details
    elif details:
        shape |= details
    return orjson.dumps(shape)
