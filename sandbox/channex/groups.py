"""Groups, and which properties are in them."""

from __future__ import annotations

from sandbox.channex import views
from sandbox.channex.checks import Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.state import Group, Property, World, new_id
from sandbox.web import Request, Response, Router, answer


class Groups:
    """The group endpoints."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/groups", self.index)
        router.add("POST", f"{base}/groups", self.create)
        router.add("GET", f"{base}/groups/<id>", self.show)
        router.add("PUT", f"{base}/groups/<id>", self.update)
        router.add("DELETE", f"{base}/groups/<id>", self.delete)
        router.add("POST", f"{base}/groups/<id>/properties/<property_id>", self.link)
        router.add("DELETE", f"{base}/groups/<id>/properties/<property_id>", self.unlink)

    def index(self, request: Request) -> Response:
        """All groups."""
        rows = self.world.groups.values()

        def key(row: Group, name: str) -> str:
            return str(getattr(row, name, ""))

        return listing(request, rows, lambda row: views.group(self.world, row), key, tells_order=False)

    def create(self, request: Request) -> Response:
        """A new group."""
        given = wrapped(request, "group")
        check = Check(given)
        check.text("title", required=True)
        check.done()
        group = Group(new_id(), given["title"])
        self.world.groups[group.id] = group
        self.world.changed()
        return answer({"data": views.group(self.world, group)}, 201)

    def show(self, request: Request) -> Response:
        """One group."""
        return answer({"data": views.group(self.world, self.world.group(request.params["id"]))})

    def update(self, request: Request) -> Response:
        """Rename a group."""
        group = self.world.group(request.params["id"])
        given = wrapped(request, "group")
        check = Check(given)
        check.text("title", required=True)
        check.done()
        group.title = given["title"]
        self.world.changed()
        return answer({"data": views.group(self.world, group)})

    def delete(self, request: Request) -> Response:
        """Remove an empty group that is not the account's default."""
        group = self.world.group(request.params["id"])
        if group.default or any(group.id in each.groups for each in self.world.properties.values()):
            raise Refused(400)
        del self.world.groups[group.id]
        self.world.changed()
        return answer(views.SUCCESS)

    def link(self, request: Request) -> Response:
        """Put a property into a group."""
        group, place = self._pair(request)
        if group.id in place.groups:
            raise Refused(422, {"hotel_id": ["Only one GroupHotel entity per Group and Hotel pair allowed!"]})
        place.groups.append(group.id)
        self.world.changed()
        return answer(views.SUCCESS)

    def unlink(self, request: Request) -> Response:
        """Take a property out of a group, unless it is its last."""
        group, place = self._pair(request)
        if group.id not in place.groups:
            raise Refused(404)
        if len(place.groups) == 1:
            raise Refused(400)
        place.groups.remove(group.id)
        self.world.changed()
        return answer(views.SUCCESS)

    def _pair(self, request: Request) -> tuple[Group, Property]:
        place = self.world.property(request.params["property_id"])
        request.property_ids.add(place.id)
        return self.world.group(request.params["id"]), place
