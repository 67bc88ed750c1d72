"""One open incident a cause, however many failures it produced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Incident
from portal.models.base import new_id
from portal.services import audit
from portal.services.errors import NotFound


def opened(
    trouble: Trouble,
    category: Category,
    property_id: UUID,
    connection_id: UUID | None,
    *,
    about: object = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Open the incident of this cause or count one more failure; a helper, inside a unit of work.

    `about` tells causes of one kind apart (a lane, a booking). `facts` hold ids, dates and provider
    words, never a guest's data.
    """
    row = insert(Incident).values(
        organization_id=tenancy.required(),
        id=new_id(),
        property_id=property_id,
        connection_id=connection_id,
        category=category.value,
        cause=_cause(trouble, connection_id or property_id, about),
        message=trouble.value,
        facts=facts or {},
        count=1,
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["organization_id", "cause"],
            index_where=text("resolved_at is null"),
            set_={"count": Incident.count + 1, "last_at": func.clock_timestamp(), "facts": row.excluded.facts},
        )
    )


def closed(trouble: Trouble, subject: UUID, *, about: object = "", by: str = "") -> None:
    """Close it because the cause is gone; a helper, inside a unit of work. None open is fine."""
    db.session.execute(
        update(Incident)
        .where(Incident.cause == _cause(trouble, subject, about), Incident.resolved_at.is_(None))
        .values(resolved_at=func.clock_timestamp(), resolved_by=by)
        .execution_options(synchronize_session=False)
    )


def open_ones(property_id: UUID, most: int = 50) -> Sequence[Incident]:
    """What needs a person now, newest first."""
    return db.session.scalars(
        select(Incident)
        .where(
            Incident.organization_id == tenancy.required(),
            Incident.property_id == property_id,
            Incident.resolved_at.is_(None),
        )
        .order_by(Incident.id.desc())
        .limit(most)
    ).all()


def resolve(property_id: UUID, incident_id: UUID) -> None:
    """A person says that it is dealt with. Raises `NotFound`."""
    with unit_of_work():
        incident = db.session.scalar(
            select(Incident).where(
                Incident.organization_id == tenancy.required(),
                Incident.property_id == property_id,
                Incident.id == incident_id,
                Incident.resolved_at.is_(None),
            )
        )
        if incident is None:
            raise NotFound(f"incident {incident_id}")
        incident.resolved_at = func.clock_timestamp()
        incident.resolved_by = audit.actor().name
        audit.record("incident.resolved", "incident", incident.id, property_id=property_id)


def _cause(trouble: Trouble, subject: object, about: object) -> str:
    return f"{trouble.value}:{subject}:{about}"[:200]
