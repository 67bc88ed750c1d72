"""What the platform's people see: how every tenant is doing, in counts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from portal.services import platform
from portal.web.guards import platform_admin

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/tenants")
@platform_admin
def tenants() -> Any:
    sort = request.args.get("sort", "state")
    sort = sort if sort in platform.SORTS else "state"
    reverse = request.args.get("reverse") == "1"
    found = platform.tenants(sort, reverse=reverse)
    return render_template("admin/tenants.html", tenants=found, sort=sort, reverse=reverse)
