"""Answers for htmx and, from the same view, for anybody else.

Whether htmx asks is told by a header that anyone can set: it chooses the form of an answer, never a right.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, make_response, redirect, render_template, request
from htmx_flask import Htmx
from werkzeug.wrappers import Response as AnyResponse

# Set by the macro `live.poll` on everything that refreshes itself.
POLLING = "X-Polling"


def install(app: Flask) -> None:
    Htmx(app)


def is_htmx(asked: Request | None = None) -> bool:
    return (asked or request).headers.get("HX-Request") == "true"


def is_polling(asked: Request | None = None) -> bool:
    """A page that refreshes itself while nobody looks: it does not keep a session alive."""
    return (asked or request).headers.get(POLLING) == "1"


def part(template: str, otherwise: str, *, status: int = 200, **values: Any) -> AnyResponse:
    """The fragment for htmx, a redirect (303) to `otherwise` for anybody else."""
    if not is_htmx():
        return redirect(otherwise, 303)
    return make_response(render_template(template, **values), status)


def go(url: str) -> AnyResponse:
    """Send the whole window to another page of ours."""
    if not is_htmx():
        return redirect(url, 303)
    answer = Response(status=204)
    answer.headers["HX-Redirect"] = url
    return answer
