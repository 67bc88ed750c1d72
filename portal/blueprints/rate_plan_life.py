"""A rate plan is opened, created at a channel manager, taken out of use and used again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for

from portal.schemas.onboarding_plans import MEALS
from portal.schemas.rate_plans import new_plan_form
from portal.services import plan_life, rate_edit_rows, rates, room_types
from portal.services.errors import NotFound, Refused
from portal.services.rate_edit_rows import PlanName
from portal.web import htmx, refusals
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("rate_plan_life", __name__, url_prefix="/p/<uuid:property_id>/rates/plans")


@bp.get("/new")
@allowed("rates.edit")
def new(property_id: UUID) -> Any:
    return _new(property_id, Form(data={"there": True, "parent_id": request.args.get("parent", "")}))


@bp.post("/new")
@allowed("rates.edit")
def create(property_id: UUID) -> Any:
    form = Form.read(new_plan_form(g.property.currency), request.form)
    if not form.errors:
        facts = {name: value for name, value in form.data.items() if name != "there"}
        try:
            plan = plan_life.open_plan(property_id, rates.PlanFacts(**facts), there=form.data["there"])
        except Refused as error:
            form.refuse(error.field, error)
        except NotFound:
            form.refuse("room_type_id", Refused("This room type or plan is no longer in use: choose another one."))
        else:
            return redirect(_page(property_id, plan.id), 303)
    form.data = request.form.to_dict()
    return _new(property_id, form, 422)


@bp.get("/<uuid:plan_id>/channels")
@allowed("rates.view")
def channels(property_id: UUID, plan_id: UUID) -> Any:
    """How far the plan is at each channel manager."""
    plan = rates.find_plan(property_id, plan_id, archived=True)
    return htmx.part("rate_plans/_channels.html", _page(property_id, plan_id), plan=plan, places=plan_life.places(plan))


@bp.post("/<uuid:plan_id>/channels/<uuid:connection_id>/create")
@allowed("rates.edit")
def create_there(property_id: UUID, plan_id: UUID, connection_id: UUID) -> Any:
    plan_life.create_there(property_id, plan_id, connection_id)  # where it cannot be, the page says why
    return htmx.go(_page(property_id, plan_id))


@bp.get("/<uuid:plan_id>/archive")
@allowed("rates.edit")
def ending(property_id: UUID, plan_id: UUID) -> Any:
    """What taking the plan out of use does, before it is done."""
    plan = rates.find_plan(property_id, plan_id, archived=True)
    if plan.archived_at is not None:
        return redirect(_page(property_id, plan_id), 303)
    return _ending(property_id, plan_id)


@bp.post("/<uuid:plan_id>/archive")
@allowed("rates.edit")
def archive(property_id: UUID, plan_id: UUID) -> Any:
    if rates.find_plan(property_id, plan_id, archived=True).archived_at is None:  # else: a second click
        try:
            rates.archive_plan(property_id, plan_id)
        except Refused as error:
            return _ending(property_id, plan_id, refusals.said(error), 409)
    return htmx.go(_page(property_id, plan_id))


@bp.post("/<uuid:plan_id>/restore")
@allowed("rates.edit")
def restore(property_id: UUID, plan_id: UUID) -> Any:
    try:
        plan_life.restore(property_id, plan_id)
    except Refused as error:
        return out_of_use(rates.find_plan(property_id, plan_id, archived=True), refusals.said(error), 409)
    return htmx.go(_page(property_id, plan_id))


def out_of_use(plan: Any, refused: str = "", status: int = 200) -> Any:
    """The page of a plan that is archived."""
    html = render_template(
        "rate_plans/archived.html", plan=plan, name=_name(plan.property_id, plan.id), places=plan_life.places(plan),
        refused=refused,
    )  # fmt: skip
    return make_response(html, status)


def _page(property_id: UUID, plan_id: UUID) -> str:
    return url_for("rate_plans.show", property_id=property_id, plan_id=plan_id)


def _name(property_id: UUID, plan_id: UUID) -> PlanName:
    return rate_edit_rows.plan_names(property_id)[plan_id]


def _new(property_id: UUID, form: Form, status: int = 200) -> Any:
    html = render_template(
        "rate_plans/new.html", form=form, kinds=room_types.listed(property_id), meals=list(MEALS.items()),
        parents=rate_edit_rows.plan_names(property_id, in_use=True), creators=plan_life.creators(property_id),
    )  # fmt: skip
    return make_response(html, status)


def _ending(property_id: UUID, plan_id: UUID, refused: str = "", status: int = 200) -> Any:
    html = render_template(
        "rate_plans/archive.html", plan=rates.find_plan(property_id, plan_id), name=_name(property_id, plan_id),
        ending=plan_life.ending(property_id, plan_id), refused=refused,
    )  # fmt: skip
    return make_response(html, status)
