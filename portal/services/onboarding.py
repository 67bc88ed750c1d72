"""Drafts of hotels that are being set up: begun, answered step by step, put away. The URL holds the draft's id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.onboarding import Step
from portal.extensions import db
from portal.models import Onboarding
from portal.services import audit, locks
from portal.services.errors import NotFound

LATER = "later"


def begin(draft_id: UUID) -> Onboarding:
    """The draft of this id, begun when it is new: a form sent twice begins one."""
    with unit_of_work():
        locks.hold(locks.Kind.REQUEST, [draft_id])
        known = db.session.get(Onboarding, (tenancy.required(), draft_id))
        if known is not None:
            return known
        draft = Onboarding(id=draft_id, started_by=audit.actor().name)
        db.session.add(draft)
        audit.record("onboarding.begun", "onboarding", draft.id)
    return draft


def nobodys() -> Onboarding:
    """A draft that is not kept: what one looks like before it is begun."""
    return Onboarding(answers={}, answered=[], route="", switching=False)


def find(draft_id: UUID) -> Onboarding:
    """The organization's own draft as it is now; anyone else's does not exist. Raises `NotFound`."""
    return _find(draft_id, lock=False)


def held(draft_id: UUID) -> Onboarding:
    """The same, held against other edits; a helper, inside a unit of work."""
    return _find(draft_id, lock=True)


def open_ones() -> Sequence[Onboarding]:
    """The drafts of the organization that are neither finished nor put away, newest first."""
    query = select(Onboarding).where(Onboarding.organization_id == tenancy.required(), Onboarding.closed_at.is_(None))
    return db.session.scalars(query.order_by(Onboarding.created_at.desc(), Onboarding.id.desc())).all()


def of_property(property_id: UUID) -> Onboarding | None:
    """The draft a hotel came from, while it is open."""
    draft: Onboarding | None = db.session.scalar(
        select(Onboarding)
        .where(
            Onboarding.organization_id == tenancy.required(),
            Onboarding.property_id == property_id,
            Onboarding.closed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return draft


def answer(draft_id: UUID, step: Step, typed: Any, *, valid: bool) -> Onboarding:
    """Keep what was typed at a step, valid or not."""
    with unit_of_work():
        draft = held(draft_id)
        draft.answers = {**draft.answers, step.value: typed}
        others = [each for each in draft.answered if each != step.value]
        draft.answered = [*others, step.value] if valid else others
    return draft


def put_away(draft_id: UUID) -> None:
    """Take a draft off the list. What was made of it stays."""
    with unit_of_work():
        draft = held(draft_id)
        if draft.closed_at is None:
            draft.closed_at = func.clock_timestamp()
            audit.record("onboarding.put_away", "onboarding", draft.id, property_id=draft.property_id)


def _find(draft_id: UUID, *, lock: bool) -> Onboarding:
    query = select(Onboarding).where(Onboarding.organization_id == tenancy.required(), Onboarding.id == draft_id)
    if lock:
        query = query.with_for_update()
    draft: Onboarding | None = db.session.scalar(query.execution_options(populate_existing=True))
    if draft is None:
        raise NotFound(f"onboarding {draft_id}")
    return draft
