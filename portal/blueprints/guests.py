"""Guests: searched by keyed hashes, opened (which is written down), merged after a look at it, and unmerged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from portal.domain.guest_merges import FIELDS, Side
from portal.domain.guests import is_alias
from portal.schemas.guests import ContactForm, GuestSearch, MergeForm, NotesForm
from portal.services import guest_contacts, guest_merges, guest_views
from portal.services.errors import Refused
from portal.web import refusals
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("guests", __name__, url_prefix="/p/<uuid:property_id>/guests")


@bp.get("")
@allowed("guests.view")
def index(property_id: UUID) -> Any:
    form = Form.read(GuestSearch(), request.args)
    found: Any = ()
    if not form.errors:
        words, at = form.data["q"], _scope()
        found = (
            guest_views.searched(words, property_id, country=g.property.country, at=at)
            if words
            else guest_views.newest(at)
        )
    same_as = form.data.get("same_as") if not form.errors else None
    wanted = guest_views.find(same_as, _scope()) if same_as else None
    html = render_template("guests/index.html", form=form, found=found, wanted=wanted, is_alias=is_alias)
    return make_response(html, 422 if form.errors else 200)


@bp.get("/<uuid:guest_id>")
@allowed("guests.view")
def show(property_id: UUID, guest_id: UUID) -> Any:
    merged_into = guest_views.find(guest_id, _everywhere_if_merged(guest_id)).merged_into
    if merged_into is not None:
        return redirect(url_for(".show", property_id=property_id, guest_id=merged_into), 303)
    return _page(guest_id)


@bp.post("/<uuid:guest_id>/notes")
@allowed("guests.edit")
def set_notes(property_id: UUID, guest_id: UUID) -> Any:
    form = Form.read(NotesForm(), request.form)
    if form.errors:
        return _page(guest_id, 422, form)
    guest_views.set_notes(guest_id, form.data["notes"], property_id, _scope())
    return redirect(url_for(".show", property_id=property_id, guest_id=guest_id), 303)


@bp.get("/<uuid:guest_id>/contact")
@allowed("guests.edit")
def contact(property_id: UUID, guest_id: UUID) -> Any:
    return _contact_page(guest_id)


@bp.post("/<uuid:guest_id>/contact")
@allowed("guests.edit")
def set_contact(property_id: UUID, guest_id: UUID) -> Any:
    form = Form.read(ContactForm(), request.form)
    if form.errors:
        return _contact_page(guest_id, form, 422)
    try:
        guest_contacts.write(guest_id, form.data, form.data["shown"], property_id, _scope())
    except Refused as error:
        return _contact_page(guest_id, form.refuse(error.field, error), 422 if error.field else 409)
    return redirect(url_for(".show", property_id=property_id, guest_id=guest_id), 303)


@bp.get("/<uuid:guest_id>/merge/<uuid:other_id>")
@allowed("guests.edit")
def compare(property_id: UUID, guest_id: UUID, other_id: UUID) -> Any:
    """The two side by side, before anything happens."""
    return _compare(guest_id, other_id)


@bp.post("/<uuid:guest_id>/merge")
@allowed("guests.edit")
def merge(property_id: UUID, guest_id: UUID) -> Any:
    guest_views.find(guest_id, _scope())
    form = Form.read(MergeForm(), request.form)
    if form.errors:
        return redirect(url_for(".show", property_id=property_id, guest_id=guest_id), 303)
    other_id = form.data["other"]
    guest_views.find(other_id, _everywhere_if_merged(other_id))
    chosen = {name: Side(form.data[f"wins_{name}"]) for name in FIELDS if form.data[f"wins_{name}"]}
    try:
        guest_merges.merge(guest_id, other_id, chosen)
    except Refused as error:
        return _page(guest_id, 409, refused=refusals.said(error))
    return redirect(url_for(".show", property_id=property_id, guest_id=guest_id), 303)


@bp.post("/merges/<uuid:merge_id>/undo")
@allowed("guests.edit")
def undo(property_id: UUID, merge_id: UUID) -> Any:
    kept_id = guest_merges.kept_by(merge_id)
    guest_views.find(kept_id, _scope())
    try:
        undone = guest_merges.undo(merge_id)
    except Refused as error:
        return _page(kept_id, 409, refused=refusals.said(error))
    back = url_for(".show", property_id=property_id, guest_id=kept_id, apart=undone.gone_id, stayed=len(undone.stayed))
    return redirect(back, 303)


def _page(guest_id: UUID, status: int = 200, form: Form | None = None, refused: str = "") -> Any:
    detail = guest_views.opened(guest_id, g.property.id, _scope())
    html = render_template(
        "guests/show.html", detail=detail, guest=detail.guest, contact=detail.guest.contact or {}, refused=refused,
        form=form or Form(data={"notes": detail.guest.notes}), told=_told(), is_alias=is_alias,
        apart=request.args.get("apart", ""),
    )  # fmt: skip
    return make_response(html, status)


def _contact_page(guest_id: UUID, form: Form | None = None, status: int = 200) -> Any:
    """The form with what stands now; after a refusal with what was typed, and what stands beside it."""
    guest = guest_views.opened(guest_id, g.property.id, _scope()).guest
    if guest.merged_into is not None:
        return redirect(url_for(".show", property_id=g.property.id, guest_id=guest_id), 303)
    stands = guest_contacts.held(guest)
    html = render_template(
        "guests/contact.html", guest=guest, stands=stands, shown=guest_contacts.stamp(guest),
        form=form or Form(data=stands),
    )  # fmt: skip
    return make_response(html, status)


def _compare(guest_id: UUID, other_id: UUID) -> Any:
    for each in (guest_id, other_id):
        guest_views.find(each, _scope())
    try:
        preview = guest_merges.preview(guest_id, other_id)
    except Refused as error:
        return _page(guest_id, 409, refused=refusals.said(error))
    stays = {each: guest_views.stays(each, _scope()) for each in (guest_id, other_id)}
    return render_template("guests/merge.html", preview=preview, stays=stays, is_alias=is_alias)


def _told() -> str:
    """What an undone merge left, said once on the page it leads back to."""
    stayed = request.args.get("stayed", "")
    if not stayed.isdigit():
        return ""
    made_since = ngettext(
        "%(num)d stay made since the merge stays here; it is listed below.",
        "%(num)d stays made since the merge stay here; they are listed below.", int(stayed[:6]),
    ) if int(stayed[:6]) else ""  # fmt: skip
    return " ".join(part for part in (gettext("These are two guests again."), made_since) if part)


def _scope() -> UUID | None:
    """Who works at single properties sees the guests of this one; anybody else those of the organization."""
    return None if g.membership.all_properties else g.property.id


def _everywhere_if_merged(guest_id: UUID) -> UUID | None:
    """A merged guest has no stays any more: what counts is whether the person may see the one they became."""
    merged_into = guest_views.find(guest_id).merged_into
    if merged_into is None:
        return _scope()
    guest_views.find(merged_into, _scope())
    return None
