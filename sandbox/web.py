"""What one HTTP exchange is to a simulated provider: a request, a response, and the router between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from urllib.parse import parse_qsl

import orjson

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(slots=True)
class Wire:
    """How an answer leaves when it does not leave whole: `silence`, `drip`, `reset`, `truncated`.

    `seconds` bounds a silence or is the pause between two dripped bytes; setting `over` ends it early.
    """

    kind: str
    seconds: float
    over: Event


@dataclass(slots=True)
class Response:
    """One answer, with the bytes of its body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    wire: Wire | None = None


class BadBody(Exception):
    """The body is not the JSON object this endpoint needs."""


@dataclass(slots=True)
class Request:
    """One request. Header names are lower case; a repeated query argument keeps its last value."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = ""
    params: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    property_ids: set[str] = field(default_factory=set)
    _query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """The query arguments, percent-decoded."""
        if self._query is None:
            self._query = dict(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else {}
        return self._query

    @property
    def target(self) -> str:
        """Path and query as they were sent."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object. Raises BadBody."""
        if not self.body.strip():
            return {}
        try:
            value = json.loads(self.body) if b"NaN" in self.body else orjson.loads(self.body)
        except ValueError as error:
            raise BadBody("the body is not JSON") from error
        if not isinstance(value, dict):
            raise BadBody("the body is not a JSON object")
        return value

    def form(self) -> dict[str, str]:
        """The fields of a submitted HTML form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


Handler = Callable[[Request], Response]


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(status, orjson.dumps(value), headers or {})


def page(text: str, status: int = 200) -> Response:
    """An HTML response."""
    return Response(status, text.encode(), {}, HTML)


def see_other(location: str) -> Response:
    """Send a browser to another page after a form."""
    return Response(303, b"", {"Location": location})


class Router:
    """Finds the handler of a method and path; `<name>` in a pattern matches one path segment."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], Handler] = {}
        self._patterns: dict[tuple[str, int], list[tuple[list[str], str, Handler]]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Serve `method pattern` with `handler`."""
        if "<" not in pattern:
            self._exact[method, pattern] = handler
            return
        parts = pattern.split("/")
        self._patterns.setdefault((method, len(parts)), []).append((parts, pattern, handler))

    def find(self, request: Request, path: str | None = None) -> Handler | None:
        """The handler for a request, with its `params` and `endpoint` filled in; None when there is none.

        `path` stands for the request's own, for a provider that serves the same under several bases.
        """
        path = request.path if path is None else path
        handler = self._exact.get((request.method, path))
        if handler is not None:
            request.endpoint = f"{request.method} {path}"
            return handler
        given = path.split("/")
        for parts, pattern, found in self._patterns.get((request.method, len(given)), []):
            params = _match(parts, given)
            if params is not None:
                request.params = params
                request.endpoint = f"{request.method} {pattern}"
                return found
        return None


def _match(parts: list[str], given: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for part, value in zip(parts, given, strict=True):
        if part.startswith("<"):
            params[part[1:-1]] = value
        elif part != value:
            return None
    return params
