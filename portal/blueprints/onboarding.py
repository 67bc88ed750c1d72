"""Setting a hotel up: the drafts, and the steps that describe it. Every step is a plain form; Back loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.blueprints import onboarding_answers as answers
from portal.domain import room_list
from portal.domain.nights import local_today
from portal.domain.onboarding import Step
from portal.schemas import onboarding_plans, onboarding_rooms
from portal.schemas.onboarding import PropertyForm, RoomListForm
from portal.services import onboarding, onboarding_build, onboarding_steps
from portal.services.errors import Refused
from portal.web import countries, htmx, onboarding_words
from portal.web.forms import Form
from portal.web.guards import allowed_in_organization
from portal.web.vocabulary_onboarding import list_problem

bp = Blueprint("onboarding", __name__, url_prefix="/o/<uuid:organization_id>/start")
may_create = allowed_in_organization("properties.create")

TYPED = ("name", "country", "currency", "timezone", "address", "postal_code", "city", "email", "phone",
         "check_in_from", "check_out_until")  # fmt: skip


@bp.get("")
@may_create
def start(organization_id: UUID) -> Any:
    """The open drafts; the first form at once when there is none, or when a new one is asked for."""
    drafts = onboarding.open_ones()
    if not drafts or request.args.get("add"):
        g.onboarding_way = onboarding_steps.way(onboarding.nobodys())  # the steps as they lie ahead
        return _property_page(Form(), None, uuid4())
    ways = [(each, onboarding_steps.way(each)) for each in drafts]
    return render_template("onboarding/start.html", ways=ways, steps=onboarding_words.STEPS)


@bp.post("")
@may_create
def add(organization_id: UUID) -> Any:
    """The first form of a new draft. Its id came with the page, so that a second click begins no second one."""
    try:
        draft_id = UUID(request.form.get("draft_id", ""))
    except ValueError:
        abort(400)
    onboarding.begin(draft_id)
    return _keep_property(draft_id)


@bp.get("/suggest")
@may_create
def suggest(organization_id: UUID) -> Any:
    """Money and time zone of a country, while the form is filled in."""
    country = request.args.get("country", "")[:2]
    data = {"country": country, "currency": next(iter(countries.currencies_of(country)), "")}
    data["timezone"] = next(iter(countries.zones_of(country)), "")
    otherwise = url_for(".start", organization_id=organization_id)
    return htmx.part("onboarding/_money_and_time.html", otherwise, form=Form(data=data), **_choices(country))


@bp.get("/<uuid:draft_id>")
@may_create
def resume(organization_id: UUID, draft_id: UUID) -> Any:
    """Where the person left off."""
    way = _way(draft_id)
    return redirect(onboarding_words.address(way.draft, way.current), 303)


@bp.post("/<uuid:draft_id>/put-away")
@may_create
def put_away(organization_id: UUID, draft_id: UUID) -> Any:
    onboarding.put_away(draft_id)
    return redirect(url_for(".start", organization_id=organization_id), 303)


@bp.get("/<uuid:draft_id>/property")
@may_create
def property(organization_id: UUID, draft_id: UUID) -> Any:
    way = _way(draft_id)
    return _property_page(answers.property_form(way.draft), way, draft_id)


@bp.post("/<uuid:draft_id>/property")
@may_create
def keep_property(organization_id: UUID, draft_id: UUID) -> Any:
    onboarding.find(draft_id)
    return _keep_property(draft_id)


@bp.get("/<uuid:draft_id>/rooms")
@may_create
def rooms(organization_id: UUID, draft_id: UUID) -> Any:
    way = _way(draft_id)
    typed = way.draft.answers.get(Step.ROOMS.value)
    form = answers.rooms(way.draft)[0] if typed else Form()
    return _rooms_page(way, typed or [onboarding_rooms.blank(name=gettext("Double room"))], form)


@bp.post("/<uuid:draft_id>/rooms")
@may_create
def keep_rooms(organization_id: UUID, draft_id: UUID) -> Any:
    """Keep the rooms; `act` asks for one more row, or for room numbers, and stays on the page."""
    rows = onboarding_rooms.typed(request.form)
    act = request.form.get("act", "")
    if act == "number":
        rows = onboarding_rooms.numbered(rows)
    form, _ = onboarding_rooms.read(rows)
    draft = onboarding.answer(draft_id, Step.ROOMS, rows, valid=not form.errors)
    if act in ("number", "more"):
        more = [onboarding_rooms.blank()] if act == "more" else []
        return _rooms_page(_way(draft_id), [*rows, *more], Form())
    if form.errors:
        return _rooms_page(_way(draft_id), rows or [onboarding_rooms.blank()], form, 422)
    onboarding.answer(draft_id, Step.ROOMS, onboarding_rooms.numbered(rows), valid=True)
    return _rebuilt(draft, Step.PLANS) or redirect(onboarding_words.address(draft, Step.PLANS), 303)


@bp.get("/<uuid:draft_id>/rooms/list")
@may_create
def room_list_form(organization_id: UUID, draft_id: UUID) -> Any:
    return render_template("onboarding/room_list.html", **_shown(_way(draft_id)), form=Form(), found=None, problems=())


@bp.post("/<uuid:draft_id>/rooms/list")
@may_create
def read_room_list(organization_id: UUID, draft_id: UUID) -> Any:
    """A list of rooms: looked at first, taken over when the person accepts it and nothing is wrong."""
    form = Form.read(RoomListForm(), request.form)
    upload = request.files.get("file")
    if upload and upload.filename:
        form.data["text"] = upload.read(200_001).decode("utf-8", "replace")[:200_000]
    found, problems = room_list.read(str(form.data.get("text", "")))
    if request.form.get("accept") and not problems and not form.errors:
        return _take_list(draft_id, found)
    page = render_template(
        "onboarding/room_list.html", **_shown(_way(draft_id)), form=form, found=found,
        problems=[(each.line, list_problem(each)) for each in problems],
    )  # fmt: skip
    return make_response(page, 422 if problems or form.errors else 200)


@bp.get("/<uuid:draft_id>/plans")
@may_create
def plans(organization_id: UUID, draft_id: UUID) -> Any:
    way = _way(draft_id)
    if Step.ROOMS.value not in way.draft.answered or Step.PROPERTY.value not in way.draft.answered:
        return redirect(onboarding_words.address(way.draft, way.current), 303)
    found = answers.read(way.draft)
    typed = way.draft.answers.get(Step.PLANS.value)
    return _plans_page(way, found, typed or onboarding_plans.presets(), found.plans_form if typed else Form())


@bp.post("/<uuid:draft_id>/plans")
@may_create
def keep_plans(organization_id: UUID, draft_id: UUID) -> Any:
    """Keep the prices and, when all three steps are whole, make the hotel."""
    way = _way(draft_id)
    rows = answers.rooms(way.draft)[1]
    typed = onboarding_plans.typed(request.form, rows)
    hotel = answers.property_form(way.draft)
    if hotel.errors or not hotel.data:
        return redirect(onboarding_words.address(way.draft, Step.PROPERTY), 303)
    form, _ = onboarding_plans.read(typed, rows, hotel.data["currency"])
    draft = onboarding.answer(draft_id, Step.PLANS, typed, valid=not form.errors)
    act = request.form.get("act", "")
    found = answers.read(draft)
    if act in ("plan", "season") or form.errors:
        shown = form if act not in ("plan", "season") else Form()
        return _plans_page(_way(draft_id), found, _one_more(typed, act), shown, 422 if shown.errors else 200)
    if not found.complete:
        return redirect(onboarding_words.address(draft, _way(draft_id).current), 303)
    try:
        _build(draft, found)
    except Refused as refused:
        return _plans_page(_way(draft_id), found, typed, Form(data=typed).refuse(None, refused), 409)
    return redirect(onboarding_words.address(draft, Step.CONNECT), 303)


def _keep_property(draft_id: UUID) -> Any:
    typed = {name: request.form.get(name, "")[:300] for name in TYPED}
    form = Form.read(PropertyForm(), request.form)
    if not form.errors:
        typed = {**typed, "currency": form.data["currency"], "timezone": form.data["timezone"]}
    draft = onboarding.answer(draft_id, Step.PROPERTY, typed, valid=not form.errors)
    if form.errors:
        _suggest_into(typed)
        return _property_page(Form(data=typed, errors=form.errors), _way(draft_id), draft_id, 422)
    return _rebuilt(draft, Step.ROOMS) or redirect(onboarding_words.address(draft, Step.ROOMS), 303)


def _suggest_into(typed: dict[str, str]) -> None:
    """What the country suggests, where nothing was chosen: without scripts the suggestion comes with the errors."""
    country = typed["country"]
    typed["currency"] = typed["currency"] or next(iter(countries.currencies_of(country)), "")
    typed["timezone"] = typed["timezone"] or next(iter(countries.zones_of(country)), "")


def _rebuilt(draft: Any, step: Step) -> Any:
    """Carry a change into the hotel when it is there already. The page that tells why not, or None."""
    found = answers.read(draft := onboarding.find(draft.id))
    if draft.property_id is None or not found.complete:
        return None
    try:
        _build(draft, found)
    except Refused as refused:
        way = _way(draft.id)
        if step is Step.ROOMS:
            form = Form(data=draft.answers[Step.PROPERTY.value]).refuse(refused.field, refused)
            return _property_page(form, way, draft.id, 409)
        return _rooms_page(way, draft.answers[Step.ROOMS.value], Form().refuse(None, refused), 409)
    return None


def _build(draft: Any, found: answers.Answers) -> UUID:
    today = local_today(datetime.now(UTC), found.property.data["timezone"])
    return onboarding_build.build(draft.id, answers.hotel(draft.id, found, today))


def _take_list(draft_id: UUID, found: Any) -> Any:
    known = {row["name"].casefold(): row["key"] for row in onboarding.find(draft_id).answers.get(Step.ROOMS.value, [])}
    rows = [
        onboarding_rooms.blank(
            name=each.name, count=str(len(each.numbers)), adults=str(each.adults), children=str(each.children),
            numbers=", ".join(each.numbers), **({"key": key} if (key := known.get(each.name.casefold())) else {}),
        )
        for each in found
    ]  # fmt: skip
    form, _ = onboarding_rooms.read(rows)
    draft = onboarding.answer(draft_id, Step.ROOMS, rows, valid=not form.errors)
    return redirect(onboarding_words.address(draft, Step.ROOMS), 303)


def _one_more(typed: onboarding_plans.Typed, act: str) -> onboarding_plans.Typed:
    if act == "plan":
        blank = {"plan": "", "change": "", "unit": "percent", "meal": "", "policy": ""}
        return {**typed, "derived": [*typed["derived"], blank]}
    if act == "season":
        return {**typed, "seasons": [*typed["seasons"], {"season": "", "first": "", "last": "", "percent": ""}]}
    return typed


def _property_page(form: Form, way: onboarding_steps.Way | None, draft_id: UUID, status: int = 200) -> Any:
    organization_id = g.organization.organization_id
    post = url_for(".keep_property", organization_id=organization_id, draft_id=draft_id) if way else url_for(
        ".add", organization_id=organization_id
    )  # fmt: skip
    page = render_template(
        "onboarding/property.html", **_shown(way), form=form, post=post, draft_id=None if way else draft_id,
        **_choices(str(form.data.get("country") or "")),
    )  # fmt: skip
    return make_response(page, status)


def _rooms_page(way: onboarding_steps.Way, rows: Any, form: Form, status: int = 200) -> Any:
    return make_response(render_template("onboarding/rooms.html", **_shown(way), rows=rows, form=form), status)


def _plans_page(
    way: onboarding_steps.Way, found: answers.Answers, typed: onboarding_plans.Typed, form: Form, status: int = 200
) -> Any:
    page = render_template(
        "onboarding/plans.html", **_shown(way), form=form, typed=typed, rooms=found.rooms,
        currency=found.property.data["currency"], meals=list(onboarding_plans.MEALS.items()),
    )  # fmt: skip
    return make_response(page, status)


def _choices(country: str) -> dict[str, Any]:
    zones = [(zone, zone.replace("_", " ")) for zone in countries.zones_of(country)]
    return {"countries": countries.countries(), "currencies": countries.currencies(), "zones": zones}


def _way(draft_id: UUID) -> onboarding_steps.Way:
    way = onboarding_steps.way(onboarding.find(draft_id))
    g.onboarding_way = way
    return way


def _shown(way: onboarding_steps.Way | None) -> dict[str, Any]:
    return {"way": way, "draft": way.draft if way else None}
