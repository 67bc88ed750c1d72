"""Invite codes, refresh tokens, access tokens, long-life tokens: made, exchanged, checked, revoked."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Any

from sandbox.beds24.credits import Credits
from sandbox.beds24.errors import Refused
from sandbox.beds24.state import Token, World, stamp
from sandbox.web import Request, Response, answer

DAY = 86_400
INVITE_SECONDS = DAY
REFRESH_UNUSED = 30 * DAY
LONG_UNUSED = 90 * DAY
MINT_COST = 0.5
REQUEST_IP = "127.0.0.1"
METHODS = {"GET": "read", "POST": "write", "PATCH": "write", "DELETE": "delete"}
EVERY_SCOPE = [
    f"all:{name}"
    for name in ("bookings", "bookings-personal", "bookings-financial", "inventory", "properties", "accounts",
                 "channels")
]  # fmt: skip


class Tokens:
    """The authentication endpoints, and the guard of all others. Times are on the provider's clock."""

    def __init__(self, world: World, credits: Credits) -> None:
        self.world = world
        self.credits = credits

    def make(self, kind: str, owner_id: int, scopes: list[str], **more: Any) -> Token:
        """A credential nobody can guess, 156 characters long unless its text is given."""
        now = self.world.clock.timestamp()
        text = more.pop("text", None) or base64.b64encode(secrets.token_bytes(117)).decode()
        token = Token(text, kind, owner_id, list(scopes), created=now, used=now, **more)
        self.world.tokens[token.id] = token
        self.world.changed()
        return token

    def find(self, text: str | None, *kinds: str) -> Token | None:
        """A credential that is of one of these kinds and alive."""
        token = self.world.tokens.get(text or "")
        if token is None or token.kind not in kinds:
            return None
        now = self.world.clock.timestamp()
        unused = {"refresh": REFRESH_UNUSED, "long": LONG_UNUSED}.get(token.kind)
        if (token.expires is not None and token.expires <= now) or (unused and token.used + unused <= now):
            return None
        return None if token.addresses and REQUEST_IP not in token.addresses else token

    def setup(self, request: Request) -> Response:
        """Exchange an invite code, once, for a refresh token and the first access token."""
        code = request.headers.get("code")
        if not code:
            raise Refused(400, "Header code is required")
        invite = self.find(code, "invite")
        if invite is None:
            raise Refused(401)
        del self.world.tokens[invite.id]
        refresh = self._heir(invite, "refresh", device=request.headers.get("devicename", ""))
        return self._mint(refresh, True)

    def refresh(self, request: Request) -> Response:
        """A new access token for a refresh token."""
        text = request.headers.get("refreshtoken")
        if not text:
            raise Refused(400, "Header refreshToken is required")
        token = self.find(text, "refresh")
        if token is None:
            raise Refused(401)
        token.used = self.world.clock.timestamp()
        switches = self.world.switches
        if switches["rotate_refresh_tokens"]:
            del self.world.tokens[token.id]
            return self._mint(self._heir(token, "refresh", device=token.device), True)
        return self._mint(token, bool(switches["token_answer_has_refresh"]))

    def _heir(self, parent: Token, kind: str, **more: Any) -> Token:
        return self.make(kind, parent.owner_id, parent.scopes, linked=parent.linked, addresses=list(parent.addresses),
                         only_property=parent.only_property, **more)  # fmt: skip

    def _mint(self, refresh: Token, show_refresh: bool) -> Response:
        seconds = int(self.world.switches["access_token_seconds"])
        expires = self.world.clock.timestamp() + seconds
        access = self._heir(refresh, "access", device=refresh.device, expires=expires)
        shape: dict[str, Any] = {"token": access.id, "expiresIn": seconds}
        if show_refresh:
            shape["refreshToken"] = refresh.id
        self._forget_dead()
        return answer(shape, headers=self.credits.charge(refresh.owner_id, MINT_COST))

    def _forget_dead(self) -> None:
        now = self.world.clock.timestamp()
        dead = [each.id for each in self.world.tokens.values() if each.expires and each.expires + DAY < now]
        for token_id in dead:
            del self.world.tokens[token_id]

    def revoke(self, request: Request) -> Response:
        """Make a refresh token useless; the access tokens it made live out their day."""
        token = self.find(request.headers.get("refreshtoken"), "refresh")
        if token is None:
            raise Refused(401)
        del self.world.tokens[token.id]
        self.world.changed()
        return answer({"success": True})

    def details(self, request: Request) -> Response:
        """What a token may do; a bad one is no error here. No credits are counted."""
        token = self.find(request.headers.get("token"), "access", "long")
        diagnostics = {"requestIp": REQUEST_IP}
        if token is None:
            return answer({"validToken": False, "token": None, "diagnostics": diagnostics})
        left = int(token.expires - self.world.clock.timestamp()) if token.expires else None
        facts = {
            "ownerId": token.owner_id, "expiresIn": left, "created": stamp_of(token.created), "scopes": token.scopes,
            "deviceName": token.device, "linkedProperties": token.linked, "onlyPropertyId": token.only_property,
            "whiteListOnly": bool(token.addresses), "whiteList": token.addresses,
        }  # fmt: skip
        return answer({"validToken": True, "token": facts, "diagnostics": diagnostics})

    def admit(self, request: Request, category: str) -> Token:
        """The token of a request, when it is alive and its scopes cover the category. Raises Refused (401)."""
        token = self.find(request.headers.get("token"), "access", "long")
        if token is None:
            raise Refused(401)
        method = METHODS[request.method]
        if token.kind == "long" and method != "read":
            raise Refused(401)
        if f"all:{category}" not in token.scopes and f"{method}:{category}" not in token.scopes:
            raise Refused(401)
        token.used = self.world.clock.timestamp()
        return token


def stamp_of(seconds: float) -> str:
    """Seconds since 1970 as a read shows them."""
    return stamp(datetime.fromtimestamp(seconds, UTC))
