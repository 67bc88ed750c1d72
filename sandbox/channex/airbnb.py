"""Airbnb's way in: a link that a host opens and consents to, and the listings that are mapped one by one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox.channex.channels import Channels
from sandbox.channex.checks import BLANK, INVALID, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.frame import TEMPLATES
from sandbox.channex.state import World, new_id
from sandbox.web import Request, Response, Router, answer, page, see_other

LINK_SECONDS = 2 * 3600


class Airbnb:
    """Connection links and the page behind them."""

    def __init__(self, world: World, channels: Channels) -> None:
        self.world = world
        self.channels = channels

    def routes(self, router: Router, base: str) -> None:
        """Add the endpoint under the API's base path, the page under /auth."""
        router.add("POST", f"{base}/meta/airbnb/connection_link", self.link)
        router.add("GET", "/auth/airbnb/<id>", self.show)
        router.add("POST", "/auth/airbnb/<id>", self.consent)

    def link(self, request: Request) -> Response:
        """An address for one host, good for two hours."""
        given = wrapped(request, "connection_link")
        places = given.get("properties") or []
        if given.get("group_id") not in self.world.groups:
            raise Refused(422, {"group_id": [INVALID if given.get("group_id") else BLANK]})
        if not places or any(each not in self.world.properties for each in places):
            raise Refused(422, {"properties": [INVALID if places else BLANK]})
        for name in ("redirect_uri", "failure_redirect_uri"):
            if not given.get(name):
                raise Refused(422, {name: [BLANK]})
        request.property_ids.update(places)
        link_id = new_id()
        self.world.links[link_id] = {**given, "expires": self.world.clock.timestamp() + LINK_SECONDS}
        self.world.changed()
        url = f"http://{request.headers.get('host', '127.0.0.1')}/auth/airbnb/{link_id}"
        return answer({"data": {"type": "connection_link", "attributes": {"url": url}}})

    def show(self, request: Request) -> Response:
        """What a host reads before consenting."""
        link = self._find(request)
        titles = [self.world.properties[each].attributes["title"] for each in link["properties"]]
        return page(TEMPLATES.get_template("airbnb.html").render(id=request.params["id"], titles=titles))

    def consent(self, request: Request) -> Response:
        """Yes makes a channel; either way the host is sent back, and the link is spent."""
        link = self._find(request)
        del self.world.links[request.params["id"]]
        if request.form().get("answer") != "yes":
            return see_other(f"{link['failure_redirect_uri']}?{urlencode({'success': 'false'})}")
        channel = self.channels.create({
            "channel": "AirBNB", "group_id": link["group_id"], "properties": link["properties"],
            "title": link.get("title"), "settings": {"token": new_id()},
        })  # fmt: skip
        query = {"success": "true", "channel_id": channel.id, "token": link.get("token") or ""}
        return see_other(f"{link['redirect_uri']}?{urlencode(query)}")

    def _find(self, request: Request) -> dict[str, Any]:
        found: dict[str, Any] | None = self.world.links.get(request.params["id"])
        if found is None or found["expires"] < self.world.clock.timestamp():
            raise Refused(404)
        return found
