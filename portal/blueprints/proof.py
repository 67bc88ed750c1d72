"""Showing once more who one is, as a page of its own; `portal.web.proof` asks inside other forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for

from portal.web import identity, proof
from portal.web.forms import Form
from portal.web.guards import signed_in

bp = Blueprint("proof", __name__)


@bp.get("/me/proof")
@signed_in
def ask() -> Any:
    return proof.page(Form(), url_for(".check"), then=identity.safe_path(request.args.get("next")) or "/")


@bp.post("/me/proof")
@signed_in
def check() -> Any:
    form = Form()
    then = identity.safe_path(request.form.get("next")) or "/"
    token = proof.check(form)
    if token is None:
        return proof.page(form, url_for(".check"), then=then)
    return identity.give_cookie(redirect(then, 303), token)
