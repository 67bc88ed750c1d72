"""Who may call a view. Every route wears exactly one of these, below the route:

    @bp.get("/p/<uuid:property_id>/rates")
    @allowed("rates.view")
    def index(property_id: UUID): ...

`allowed` finds the property of the URL for the person (a stranger's is a 404 like a missing one), turns the
request to its organization, and sets `g.place`, `g.organization` (id, name, role), `g.membership`, `g.property`.
`allowed_in_organization` does the same for what concerns a whole organization (`/o/<uuid:organization_id>/…`), and
sets `g.office`, `g.organization` and `g.membership`; there is no property. `fresh`, below one of them, asks for the
password once more when the last proof is old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import abort, g, request

from portal import logs
from portal.extensions import login_manager
from portal.services import access
from portal.services.errors import NotFound
from portal.web import context
from portal.web.identity import Person, person
from portal.web.proof import fresh as fresh

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """What a view declared. `kind`: open, signed_in, allowed, allowed_in_organization, platform_admin."""

    kind: str
    detail: str = ""


def open_to_all(reason: str) -> Callable[[View], View]:
    """Nobody has to sign in here; `reason` says why that is right."""

    def declare(view: View) -> View:
        view.guard = Guard("open", reason)  # type: ignore[attr-defined]
        return view

    return declare


def signed_in(view: View) -> View:
    """Anybody who is signed in; the view itself touches nothing but what is theirs."""
    return _guarded(view, Guard("signed_in"), lambda who, arguments: None)


def allowed(permission: str) -> Callable[[View], View]:
    """People whose role at the property of the URL has this permission (`services.access.PERMISSIONS`)."""
    if permission not in access.ALL_PERMISSIONS:
        raise ValueError(f"no role has the permission {permission}")

    def enter(who: Person, arguments: dict[str, Any]) -> None:
        _enter_property(who, arguments["property_id"])
        if not g.place.may(permission):
            access.denied(who.id, [g.place.belonging], permission, arguments["property_id"])
            abort(403)

    return lambda view: _guarded(view, Guard("allowed", permission), enter)


def allowed_in_organization(permission: str) -> Callable[[View], View]:
    """People whose role in the organization of the URL has this permission (`access.ORGANIZATION_PERMISSIONS`)."""
    if permission not in access.ALL_ORGANIZATION_PERMISSIONS:
        raise ValueError(f"no role has the permission {permission} in an organization")

    def enter(who: Person, arguments: dict[str, Any]) -> None:
        _enter_organization(who, arguments["organization_id"])
        if not g.office.may(permission):
            access.denied(who.id, [g.office.belonging], permission, arguments["organization_id"])
            abort(403)

    return lambda view: _guarded(view, Guard("allowed_in_organization", permission), enter)


def platform_admin(view: View) -> View:
    """The people who run this installation."""

    def enter(who: Person, arguments: dict[str, Any]) -> None:
        if not who.is_platform_admin:
            access.denied(who.id, _works_for(who), request.endpoint or "admin", None)
            abort(403)

    return _guarded(view, Guard("platform_admin"), enter)


def guard_of(view: Callable[..., Any]) -> Guard | None:
    return getattr(view, "guard", None)


def _guarded(view: View, guard: Guard, enter: Callable[[Person, dict[str, Any]], None]) -> View:
    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        who = person()
        if who is None:
            return login_manager.unauthorized()
        logs.bind(user=str(who.id))
        enter(who, arguments)
        return view(**arguments)

    guarded.guard = guard  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def _enter_property(who: Person, property_id: UUID) -> None:
    works_for = _works_for(who)
    try:
        g.place = access.find_place(who.id, property_id, works_for)
    except NotFound:
        access.denied(who.id, works_for, "property", property_id)
        raise
    g.organization, g.membership, g.property = g.place.belonging, g.place.membership, g.place.property
    context.work_for(g.organization.organization_id)
    logs.bind(property=str(property_id))


def _enter_organization(who: Person, organization_id: UUID) -> None:
    works_for = _works_for(who)
    try:
        g.office = access.find_office(who.id, organization_id, works_for)
    except NotFound:
        access.denied(who.id, works_for, "organization", organization_id)
        raise
    g.organization, g.membership = g.office.belonging, g.office.membership
    context.work_for(organization_id)


def _works_for(who: Person) -> list[access.Belonging]:
    """The person's organizations, the one of this browser's last visit first."""
    if "works_for" not in g:
        last = who.session.organization_id
        g.works_for = sorted(access.belongings(who.id), key=lambda each: each.organization_id != last)
    works_for: list[access.Belonging] = g.works_for
    return works_for
