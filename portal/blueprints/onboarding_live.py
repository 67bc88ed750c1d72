"""Setting a hotel up, from the channel manager to the first proved night. A worker does it; the pages look on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, current_app, g, make_response, redirect, render_template, request, url_for

from portal.blueprints.onboarding import bp, may_create
from portal.domain.onboarding import State, Step
from portal.schemas.onboarding import RouteForm
from portal.services import (
    connection_work,
    first_proof,
    onboarding,
    onboarding_preview,
    onboarding_route,
    onboarding_steps,
)
from portal.services.errors import Refused
from portal.web import htmx, onboarding_words, refusals, shell, vocabulary, words
from portal.web.forms import Form
from portal.web.onboarding_words import address

_MAPPING, _EXTRANET, _BY_CODE = "mappings.index", "channel_setup.connect", "sign_in_codes.index"


@bp.get("/<uuid:draft_id>/connect")
@may_create
def connect(organization_id: UUID, draft_id: UUID) -> Any:
    way = _way(draft_id)
    if way.draft.property_id is None:
        return redirect(address(way.draft, way.current), 303)
    return _connect_page(way, Form())


@bp.post("/<uuid:draft_id>/connect")
@may_create
def choose(organization_id: UUID, draft_id: UUID) -> Any:
    form = Form.read(RouteForm(), request.form)
    if form.errors:
        return _connect_page(_way(draft_id), form, 422)
    try:
        draft = onboarding_route.choose(draft_id, form.data["route"], switching=form.data["switching"])
    except Refused as refused:
        return _connect_page(_way(draft_id), form.refuse(None, refused), 409)
    if draft.route == onboarding.LATER:
        return redirect(address(draft, Step.ACTIVATE), 303)
    return redirect(address(draft, Step.PROVISION), 303)


@bp.get("/<uuid:draft_id>/provision")
@may_create
def provision(organization_id: UUID, draft_id: UUID) -> Any:
    draft = onboarding.find(draft_id)
    if onboarding_route.is_by_code(draft):
        return redirect(_page_of(_BY_CODE, property_id=draft.property_id, provider=draft.route), 303)
    way, connection = _connected(draft_id)
    progress = onboarding_route.progress(connection)
    return render_template("onboarding/provision.html", way=way, progress=progress, onward=_onward(way))


@bp.get("/<uuid:draft_id>/provision/progress")
@may_create
def provision_progress(organization_id: UUID, draft_id: UUID) -> Any:
    """What the page shows while a worker is at it; when nothing is left to do the page is drawn anew."""
    way, connection = _connected(draft_id)
    progress = onboarding_route.progress(connection)
    if htmx.is_htmx() and not progress.working:
        return htmx.go(address(way.draft, Step.PROVISION))
    return htmx.part("onboarding/_progress.html", address(way.draft, Step.PROVISION), way=way, progress=progress,
                     onward=_onward(way))  # fmt: skip


@bp.post("/<uuid:draft_id>/provision")
@may_create
def retry(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    onboarding_route.retry(connection)
    return redirect(address(way.draft, Step.PROVISION), 303)


@bp.get("/<uuid:draft_id>/mapping")
@may_create
def mapping(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    url = _page_of(_MAPPING, property_id=connection.property_id, connection_id=connection.id)
    return render_template("onboarding/mapping.html", way=way, url=url, onward=_onward(way),
                           created=not onboarding_route.is_by_code(way.draft))  # fmt: skip


@bp.get("/<uuid:draft_id>/extranet")
@may_create
def extranet(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    code = onboarding_route.ota(way.draft)
    if not code:
        return redirect(address(way.draft, way.current), 303)
    url = _page_of(_EXTRANET, property_id=connection.property_id, code=code)
    return render_template("onboarding/extranet.html", way=way, url=url, code=code, onward=_onward(way))


@bp.get("/<uuid:draft_id>/preview")
@may_create
def preview(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    return _preview_page(way, onboarding_preview.of(connection))


@bp.get("/<uuid:draft_id>/preview/table")
@may_create
def preview_table(organization_id: UUID, draft_id: UUID) -> Any:
    """The table while the provider's side is read."""
    way, connection = _connected(draft_id)
    found = onboarding_preview.of(connection)
    if htmx.is_htmx() and not found.reading:
        return htmx.go(address(way.draft, Step.PREVIEW))
    return htmx.part("onboarding/_preview.html", address(way.draft, Step.PREVIEW), way=way, preview=found,
                     code=onboarding_route.ota(way.draft))  # fmt: skip


@bp.post("/<uuid:draft_id>/preview")
@may_create
def read_again(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    onboarding_preview.request_reading(connection)
    return redirect(address(way.draft, Step.PREVIEW), 303)


@bp.get("/<uuid:draft_id>/activate")
@may_create
def activate(organization_id: UUID, draft_id: UUID) -> Any:
    """The full sync and, once a night was read back, its proof. Without a channel manager: what to do next."""
    way = _way(draft_id)
    if way.draft.route == onboarding.LATER:
        return render_template("onboarding/later.html", way=way, home=shell.property_url(way.draft.property_id))
    if way.draft.activated_at is None:
        return redirect(address(way.draft, way.current), 303)
    return render_template("onboarding/activate.html", **_going_live(way))


@bp.get("/<uuid:draft_id>/activate/progress")
@may_create
def activate_progress(organization_id: UUID, draft_id: UUID) -> Any:
    """How far it is; with the proof the whole page is drawn anew, its list of steps too."""
    way, _ = _connected(draft_id)
    if htmx.is_htmx() and way.draft.proved_at is not None:
        return htmx.go(address(way.draft, Step.ACTIVATE))
    return htmx.part("onboarding/_going_live.html", address(way.draft, Step.ACTIVATE), **_going_live(way))


@bp.post("/<uuid:draft_id>/activate")
@may_create
def go_live(organization_id: UUID, draft_id: UUID) -> Any:
    way, connection = _connected(draft_id)
    if way.draft.activated_at is None and _obstacles(way):
        return _preview_page(way, onboarding_preview.of(connection), 409)
    try:
        first_proof.activate(draft_id, connection)
    except Refused as refused:
        return _preview_page(way, onboarding_preview.of(connection), 409, refusals.said(refused))
    return redirect(address(way.draft, Step.ACTIVATE), 303)


def _connect_page(way: onboarding_steps.Way, form: Form, status: int = 200) -> Any:
    offered = [route for route in onboarding_route.routes() if ":" in route]
    page = render_template(
        "onboarding/connect.html", way=way, form=form, offered=[(route, route.partition(":")[2]) for route in offered],
        switching=bool(request.values.get("switching")), by_code=_by_code(),
    )  # fmt: skip
    return make_response(page, status)


def _by_code() -> list[tuple[str, str]]:
    """The providers one signs in to by a code of one's own account: (route, name)."""
    there = onboarding_route.by_code() if _BY_CODE in current_app.view_functions else []
    return [(name, words.say(vocabulary.PROVIDERS, name)) for name in there]


def _preview_page(
    way: onboarding_steps.Way, found: onboarding_preview.Preview, status: int = 200, refused: str = ""
) -> Any:
    page = render_template(
        "onboarding/preview.html", way=way, preview=found, code=onboarding_route.ota(way.draft), refused=refused,
        obstacles=[onboarding_words.obstacle(way.draft, each) for each in _obstacles(way)],
        waits_for_ota=way.states[Step.EXTRANET] not in (State.DONE, State.SKIPPED),
    )  # fmt: skip
    return make_response(page, status)


def _going_live(way: onboarding_steps.Way) -> dict[str, Any]:
    proof = first_proof.read(way.draft)
    return {
        "way": way,
        "run": first_proof.run(way.draft),
        "proof": proof,
        "pace": onboarding_words.pace(proof.seconds) if proof else "",
        "zone": first_proof.zone(way.draft),
        "home": shell.property_url(way.draft.property_id),
        "obstacle": connection_work.obstacle(way.connection) if way.connection else "",
    }


def _obstacles(way: onboarding_steps.Way) -> list[onboarding_steps.Obstacle]:
    return onboarding_steps.obstacles(way, verified=not shell.unverified())


def _onward(way: onboarding_steps.Way) -> str:
    """The next page that needs the person: from the provider on, what waits for others is passed by."""
    here = (request.endpoint or "").partition(".")[2].removesuffix("_progress")
    steps = list(Step)
    for step in steps[steps.index(Step(here)) + 1 :]:
        if way.states[step] in (State.OPEN, State.OTA, State.COLLEAGUE, State.WORKING):
            return address(way.draft, step)
    return address(way.draft, way.current)


def _connected(draft_id: UUID) -> tuple[onboarding_steps.Way, Any]:
    """The draft and its connection; who comes too early is sent to where the set-up stands."""
    way = _way(draft_id)
    if way.connection is None:  # by code the first page that needs none is the one of the code itself
        abort(redirect(address(way.draft, way.current), 303))
    return way, way.connection


def _way(draft_id: UUID) -> onboarding_steps.Way:
    way = onboarding_steps.way(onboarding.find(draft_id))
    g.onboarding_way = way
    return way


def _page_of(endpoint: str, **values: Any) -> str:
    """The address of a page, empty where this installation has none."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""
