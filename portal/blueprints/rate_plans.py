"""Rate plans: base price, limits, seasons and weekends. What is set for single nights stands in the grid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.blueprints import rate_plan_life
from portal.domain.rates import Rule
from portal.schemas.onboarding_plans import MEALS
from portal.schemas.rate_plans import limits_form, plan_form, season_form
from portal.services import plan_life, plan_terms, properties, rate_edit_rows, rate_guards, rates
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import FIELDS
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("rate_plans", __name__, url_prefix="/p/<uuid:property_id>/rates/plans")


@bp.get("")
@allowed("rates.view")
def index(property_id: UUID) -> Any:
    return _index(property_id, Form())


@bp.post("/limits")
@allowed("rates.edit")
def set_limits(property_id: UUID) -> Any:
    """The lowest and highest price of the house."""
    form = Form.read(limits_form(g.property.currency), request.form)
    if not form.errors:
        try:
            plan_terms.set_house_limits(property_id, form.data["floor"], form.data["ceiling"])
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        form.data = request.form.to_dict()
        return _index(property_id, form, 422)
    return redirect(url_for(".index", property_id=property_id), 303)


@bp.get("/<uuid:plan_id>")
@allowed("rates.view")
def show(property_id: UUID, plan_id: UUID) -> Any:
    plan = rates.find_plan(property_id, plan_id, archived=True)
    if plan.archived_at is not None:
        return rate_plan_life.out_of_use(plan)
    return _show(property_id, plan_id)


@bp.post("/<uuid:plan_id>")
@allowed("rates.edit")
def change(property_id: UUID, plan_id: UUID) -> Any:
    plan = rates.find_plan(property_id, plan_id)
    form = Form.read(plan_form(plan.currency), request.form)
    if not form.errors:
        try:
            plan_terms.change(property_id, plan_id, _terms(form), form.data["shown"])
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        form.data = request.form.to_dict()
        return _show(property_id, plan_id, form=form, status=422)
    return redirect(url_for(".show", property_id=property_id, plan_id=plan_id), 303)


@bp.post("/<uuid:plan_id>/seasons")
@allowed("rates.edit")
def add_season(property_id: UUID, plan_id: UUID) -> Any:
    return _keep_season(property_id, plan_id, None)


@bp.get("/<uuid:plan_id>/seasons/<uuid:rule_id>")
@allowed("rates.view")
def season(property_id: UUID, plan_id: UUID, rule_id: UUID) -> Any:
    rule = _season(property_id, plan_id, rule_id)
    values = {name: getattr(rule, name) for name in ("name", "first_night", "last_night", "priority", *FIELDS)}
    shown = {name: {True: "yes", False: "no"}.get(each, each) if isinstance(each, bool) else each
             for name, each in values.items()}  # fmt: skip
    days = [str(day) for day in range(7) if rule.weekdays >> day & 1]
    return _show(property_id, plan_id, season=Form(data={**shown, "weekday": days}), rule_id=rule_id)


@bp.post("/<uuid:plan_id>/seasons/<uuid:rule_id>")
@allowed("rates.edit")
def change_season(property_id: UUID, plan_id: UUID, rule_id: UUID) -> Any:
    _season(property_id, plan_id, rule_id)
    return _keep_season(property_id, plan_id, rule_id)


@bp.post("/<uuid:plan_id>/seasons/<uuid:rule_id>/remove")
@allowed("rates.edit")
def remove_season(property_id: UUID, plan_id: UUID, rule_id: UUID) -> Any:
    _season(property_id, plan_id, rule_id)
    rates.remove_rule(property_id, rule_id)
    return redirect(url_for(".show", property_id=property_id, plan_id=plan_id), 303)


def _terms(form: Form) -> plan_terms.Terms:
    usual = {"min_stay_arrival": 1, "min_stay_through": 1, "max_stay": 0}
    stays = {name: least if form.data[name] is None else form.data[name] for name, least in usual.items()}
    money = ("base_rate", "floor", "ceiling", "derived_percent", "derived_amount")
    return plan_terms.Terms(**{name: form.data[name] for name in money}, **stays)


def _keep_season(property_id: UUID, plan_id: UUID, rule_id: UUID | None) -> Any:
    plan = rates.find_plan(property_id, plan_id)
    form = Form.read(season_form(plan.currency), request.form)
    typed = {**request.form.to_dict(), "weekday": request.form.getlist("weekday")}
    for name in ("first_night", "last_night"):
        if not form.errors and form.data[name] is None:
            form.refuse(name, gettext("This is needed."))
    if not form.errors:
        try:
            _store_season(property_id, plan_id, rule_id, form)
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        form.data = typed
        return _show(property_id, plan_id, season=form, rule_id=rule_id, status=422)
    return redirect(url_for(".show", property_id=property_id, plan_id=plan_id), 303)


def _store_season(property_id: UUID, plan_id: UUID, rule_id: UUID | None, form: Form) -> None:
    terms = Rule(
        first=form.data["first_night"],
        last=form.data["last_night"],
        weekdays=sum(1 << day for day in set(form.data["weekday"])),
        priority=form.data["priority"],
        **{name: form.data[name] for name in FIELDS},
    )
    if rule_id is None:
        rates.add_rule(property_id, plan_id, terms, form.data["name"])
    else:
        rates.change_rule(property_id, rule_id, terms, form.data["name"])


def _season(property_id: UUID, plan_id: UUID, rule_id: UUID) -> Any:
    """The season of this plan. Raises `NotFound`."""
    rates.find_plan(property_id, plan_id)
    for rule in rates.rules(property_id):
        if rule.id == rule_id and rule.rate_plan_id == plan_id:
            return rule
    raise NotFound(f"season {rule_id}")


def _index(property_id: UUID, form: Form, status: int = 200) -> Any:
    seasons: dict[UUID, int] = {}
    for rule in rates.rules(property_id):
        seasons[rule.rate_plan_id] = seasons.get(rule.rate_plan_id, 0) + 1
    floor, ceiling = rate_guards.limits_of_house(property_id)
    names = rate_edit_rows.plan_names(property_id)
    place = {plan_id: at for at, plan_id in enumerate(names)}
    html = render_template(
        "rate_plans/index.html", form=form, floor=floor, ceiling=ceiling, seasons=seasons, names=names,
        plans=sorted(rates.plans(property_id), key=lambda plan: place[plan.id]),
    )  # fmt: skip
    return make_response(html, status)


def _show(
    property_id: UUID,
    plan_id: UUID,
    *,
    form: Form | None = None,
    season: Form | None = None,
    rule_id: UUID | None = None,
    status: int = 200,
) -> Any:
    plan = rates.find_plan(property_id, plan_id)
    today = properties.today(g.property)
    mine = [rule for rule in rates.rules(property_id) if rule.rate_plan_id == plan_id]
    html = render_template(
        "rate_plans/show.html", plan=plan, form=form or Form(), season=season or Form(), rule_id=rule_id,
        shown=plan_terms.stamp(plan), names=rate_edit_rows.plan_names(property_id),
        rules=[rule for rule in mine if rule.last_night >= today],
        over=[rule for rule in mine if rule.last_night < today],
        house=rate_guards.limits_of_house(property_id), places=plan_life.places(plan), meals=MEALS,
    )  # fmt: skip
    return make_response(html, status)
