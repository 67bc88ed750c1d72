"""Why a new password is refused, in words, and where the browser says it came from."""

from __future__ import annotations

from flask import request
from flask_babel import gettext

from portal.services import passwords


def weakness(kind: str) -> str:
    """`kind` as `passwords.weakness` says it."""
    sentences: dict[str, str] = {
        "short": gettext("Use at least %(num)d characters.", num=passwords.SHORTEST),
        "long": gettext("Use at most %(num)d characters.", num=passwords.LONGEST),
        "guessable": gettext("This is guessed quickly. Use a few words that have nothing to do with you."),
    }
    return sentences[kind]


def whence() -> dict[str, str]:
    """What a session remembers of the browser."""
    return {"address": request.remote_addr or "", "user_agent": request.user_agent.string}
