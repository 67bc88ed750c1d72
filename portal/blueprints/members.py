"""Who works for an organization: the list, roles and properties, invitations out. Owners only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.members import InviteForm, MemberForm
from portal.services import invitations, mails, members, properties
from portal.services.attempts import TooManyAttempts
from portal.services.errors import Refused
from portal.services.letters import Role
from portal.services.members import EVERYWHERE, Scope
from portal.web import identity, refusals
from portal.web.forms import Form
from portal.web.guards import allowed_in_organization, fresh

bp = Blueprint("members", __name__, url_prefix="/o/<uuid:organization_id>")


@bp.get("/members")
@allowed_in_organization("members.edit")
def index(organization_id: UUID) -> Any:
    return _page(Form())


@bp.post("/members/<uuid:membership_id>/change")
@allowed_in_organization("members.edit")
@fresh
def change(organization_id: UUID, membership_id: UUID) -> Any:
    form = Form.read(MemberForm(), request.form)
    if form.errors:
        return _page(Form(), 422, _sentence("properties"))
    try:
        members.change(membership_id, Role(form.data["role"]), _scope(form))
    except members.LastOwner:
        return _page(Form(), 422, _sentence("owner"))
    except Refused:
        return _page(Form(), 422, _sentence("properties"))
    return redirect(url_for(".index", organization_id=organization_id, done="changed"), 303)


@bp.post("/members/<uuid:membership_id>/remove")
@allowed_in_organization("members.edit")
@fresh
def remove(organization_id: UUID, membership_id: UUID) -> Any:
    own = membership_id in {each.id for each in members.listed() if each.user_id == identity.known().id}
    try:
        members.remove(membership_id)
    except members.LastOwner:
        return _page(Form(), 422, _sentence("owner"))
    return redirect("/" if own else url_for(".index", organization_id=organization_id, done="removed"), 303)


@bp.post("/invitations")
@allowed_in_organization("members.edit")
@fresh
def invite(organization_id: UUID) -> Any:
    form = Form.read(InviteForm(), request.form)
    if form.errors:
        return _page(form, 422)
    try:
        invitations.invite(
            form.data["email"], Role(form.data["role"]), _scope(form), inviter=identity.known().user,
            address=request.remote_addr or "",
        )  # fmt: skip
    except TooManyAttempts:
        raise
    except Refused as error:
        return _page(form.refuse(error.field, _refusal(error)), 422)
    return redirect(url_for(".index", organization_id=organization_id, done="invited"), 303)


@bp.post("/invitations/<uuid:invitation_id>/send")
@allowed_in_organization("members.edit")
@fresh
def send_again(organization_id: UUID, invitation_id: UUID) -> Any:
    invitations.send_again(invitation_id, address=request.remote_addr or "")
    return redirect(url_for(".index", organization_id=organization_id, done="invited"), 303)


@bp.post("/invitations/<uuid:invitation_id>/withdraw")
@allowed_in_organization("members.edit")
@fresh
def withdraw(organization_id: UUID, invitation_id: UUID) -> Any:
    invitations.withdraw(invitation_id)
    return redirect(url_for(".index", organization_id=organization_id, done="withdrawn"), 303)


def _page(form: Form, status: int = 200, refusal: str = "") -> Any:
    page = render_template(
        "members/index.html", form=form, members=members.listed(), invitations=invitations.waiting(),
        hotels=properties.listed(), mails=mails.configured(), refusal=refusal, done=request.args.get("done", ""),
    )  # fmt: skip
    return make_response(page, status)


def _scope(form: Form) -> Scope:
    return EVERYWHERE if form.data["everywhere"] else Scope(tuple(form.data["properties"]))


def _refusal(error: Refused) -> str:
    return _sentence("properties") if error.field == "properties" else refusals.said(error)


def _sentence(kind: str) -> str:
    sentences: dict[str, str] = {
        "owner": gettext("Nothing was changed: an organization needs an owner. Make somebody else an owner first."),
        "properties": gettext("Nothing was changed: choose a role and at least one property."),
    }
    return sentences[kind]
