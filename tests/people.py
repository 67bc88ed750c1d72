"""Signing people in without typing: for the test client and for a real browser."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from portal.db import unit_of_work
from portal.models import User
from portal.services import sessions

COOKIE = "roomwire"


def token_of(user: User) -> str:
    """The token of a new session of the user."""
    with unit_of_work():
        return sessions.start(user, address="127.0.0.1", user_agent="test")


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """The client, used by this user from here on."""
    client.set_cookie(COOKIE, token_of(user))
    return client


def sign_in_browser(context: Any, url: str, user: User) -> None:
    """The same for a browser context of Playwright; `url` is the live server's."""
    context.add_cookies([{"name": COOKIE, "value": token_of(user), "url": url, "httpOnly": True, "sameSite": "Lax"}])
