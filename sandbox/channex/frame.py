"""One-time tokens, and a stand-in for the Channex page that a portal shows in a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from sandbox.channex.adapters import CODES, TITLES
from sandbox.channex.channels import Channels
from sandbox.channex.checks import BLANK, INVALID, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.state import Channel, Token, World, new_id
from sandbox.web import Request, Response, Router, answer, page, see_other

TOKEN_SECONDS = 15 * 60
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages"), autoescape=select_autoescape(), trim_blocks=True
)


class Frame:
    """Issues tokens, exchanges each once for a session, and serves that session's page."""

    def __init__(self, world: World, channels: Channels) -> None:
        self.world = world
        self.channels = channels

    def routes(self, router: Router, base: str) -> None:
        """Add the token endpoint under the API's base path, the pages under /auth."""
        router.add("POST", f"{base}/auth/one_time_token", self.token)
        router.add("GET", "/auth/exchange", self.exchange)
        router.add("GET", "/auth/frame/<session>", self.show)
        router.add("POST", "/auth/frame/<session>", self.act)

    def token(self, request: Request) -> Response:
        """A token for one exchange within 15 minutes."""
        given = wrapped(request, "one_time_token")
        property_id, group_id = given.get("property_id"), given.get("group_id")
        if property_id not in self.world.properties:
            raise Refused(422, {"property_id": [INVALID if property_id else BLANK]})
        if not given.get("username"):
            raise Refused(422, {"username": [BLANK]})
        request.property_ids.add(str(property_id))
        token = Token(new_id(), str(property_id), group_id, self.world.clock.timestamp() + TOKEN_SECONDS)
        self.world.tokens[token.id] = token
        self.world.changed()
        return answer({"data": {"token": token.id}, "meta": {"message": "Token created"}})

    def exchange(self, request: Request) -> Response:
        """Spend a token and open the frame. The loaded frame does not expire."""
        token = self.world.tokens.pop(request.query.get("oauth_session_key", ""), None)
        if token is None or token.session or token.expires < self.world.clock.timestamp():
            return page("<!doctype html><title>Sign in</title><p>This link has expired or was used already.</p>", 401)
        session = Token(new_id(), request.query.get("property_id") or token.property_id, token.group_id, 0, True)
        self.world.tokens[session.id] = session
        self.world.changed()
        return self._page(session, request.query.get("available_channels") or request.query.get("channels") or "")

    def show(self, request: Request) -> Response:
        """The frame again, after an action."""
        return self._page(self._session(request), "")

    def _session(self, request: Request) -> Token:
        session = self.world.tokens.get(request.params["session"])
        if session is None or not session.session or session.property_id not in self.world.properties:
            raise Refused(401)
        return session

    def _page(self, session: Token, only: str) -> Response:
        wanted = only.split(",") if only else list(CODES)
        property_id = str(session.property_id)
        text = TEMPLATES.get_template("frame.html").render(
            session=session,
            place=self.world.properties[property_id],
            channels=self.world.channels_of(property_id),
            plans=self.world.plans_of(property_id),
            rooms=self.world.room_types,
            offered=[(code, TITLES[CODES[code]]) for code in wanted if code in CODES],
        )
        return page(text)

    def act(self, request: Request) -> Response:
        """Create, map, activate, deactivate or remove a channel of the session's property."""
        session, form = self._session(request), request.form()
        action = form.get("action")
        property_id = str(session.property_id)
        if action == "create":
            place = self.world.properties[property_id]
            adapter = CODES[form["code"]]
            key = "token" if adapter == "AirBNB" else "hotel_id"
            self.channels.create({
                "channel": adapter, "group_id": session.group_id or place.groups[0], "properties": [property_id],
                "settings": {key: form.get("hotel_id") or new_id()[:8]}, "currency": place.currency,
            })  # fmt: skip
        else:
            channel = next((each for each in self.world.channels_of(property_id) if each.id == form.get("id")), None)
            if channel is None:
                raise Refused(404)
            self._change(channel, str(action), property_id)
        return see_other(f"/auth/frame/{session.id}")

    def _change(self, channel: Channel, action: str, property_id: str) -> None:
        if action == "map":
            channel.rate_plans = every_mapping(self.world, property_id)
            self.channels.tell("updated_channel", channel)
        elif action == "unmap":
            channel.rate_plans = []
            self.channels.tell("updated_channel", channel)
        elif action == "activate":
            self.channels.activate(channel)
        elif action == "deactivate":
            self.channels.deactivate(channel)
        elif action == "remove" and not channel.is_active:
            self.channels.remove(channel)


def every_mapping(world: World, property_id: str) -> list[dict[str, Any]]:
    """Mappings of all occupancy options of a property to invented OTA codes."""
    mappings = []
    for at, plan in enumerate(world.plans_of(property_id)):
        for option in plan.options:
            settings = {
                "room_type_code": 900000100 + world.properties[property_id].room_types.index(plan.room_type_id) + 1,
                "rate_plan_code": 40000001 + at, "occupancy": option.occupancy, "pricing_type": "OBP",
                "primary_occ": option.is_primary, "readonly": False,
            }  # fmt: skip
            mappings.append({"id": new_id(), "rate_plan_id": option.id, "settings": settings})
    return mappings
