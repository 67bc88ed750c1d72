"""How Channex says no: one object under `errors`, never a list."""

from __future__ import annotations

from typing import Any

import orjson

TITLES = {
    400: ("bad_request", "Bad Request"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("resource_not_found", "Resource Not Found"),
    413: ("payload_too_large", "Payload Too Large"),
    422: ("validation_error", "Validation Error"),
    429: ("http_too_many_requests", "Too Many Requests"),
    500: ("internal_server_error", "Internal Server Error"),
    503: ("service_unavailable", "Service Temporary Unavailable"),
}


class Refused(Exception):
    """An answer that is not a success, with the documented body."""

    def __init__(
        self, status: int, details: Any = None, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {details or ''}")
        self.status = status
        self.details = details
        self.code = code
        self.headers = headers or {}


def missing() -> Refused:
    """No such thing."""
    return Refused(404)


def invalid(field: str, *messages: str) -> Refused:
    """One field failed validation."""
    return Refused(422, {field: list(messages)})


def body(status: int, details: Any = None, code: str | None = None, old_spelling: bool = False) -> bytes:
    """The error body for a status. Some endpoints still spell 404 the old way, with its misprint."""
    default_code, title = TITLES.get(status, ("error", "Error"))
    if status == 404 and old_spelling:
        default_code, title = "not_found", "Resouce Not Found"
    titles = {"bad_request": "Bad Request", "method_not_supported": "Method Not Supported"}
    error: dict[str, Any] = {"code": code or default_code, "title": titles.get(code or "", title)}
    if details is not None:
        error["details"] = details
    return orjson.dumps({"errors": error})
