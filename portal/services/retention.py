"""What is kept only so long: call bodies, deliveries, drafts, dead sessions and links, sent mails. In small bites."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.services import mails

BITE = 5000


@dataclass(frozen=True)
class Kept:
    """Rows of a tenant table that go so many days after the moment `since`, in SQL; where it is null they stay."""

    table: str
    since: str
    days: int
    key: str = "id"


def sweep() -> dict[str, int]:
    """Delete what is past its time; return the counts."""
    rules = [*_by_setting(), *_BY_RULE]
    counts = {rule.table: 0 for rule in rules}
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            for rule in rules:
                counts[rule.table] += _bite(rule)
            _empty_finished_onboardings()
    with unit_of_work():
        db.session.execute(text("delete from schedule_slots where slot < clock_timestamp() - interval '2 days'"))
        db.session.execute(text("delete from user_sessions where expires_at < clock_timestamp() - interval '7 days'"))
        db.session.execute(text("delete from tokens where expires_at < clock_timestamp() - interval '7 days'"))
        mails.sweep()
    return counts


def _by_setting() -> list[Kept]:
    return [
        Kept("api_calls", "at", runtime.settings.api_call_retention_days),
        # What nobody read yet is kept for as long as that takes.
        Kept(
            "webhook_events", "case when state <> 'received' then received_at end",
            runtime.settings.webhook_retention_days,
        ),
    ]  # fmt: skip


_ENDED = (
    "(select c.disconnected_at from connections c where c.organization_id = {table}.organization_id "
    "and c.id = {table}.connection_id and c.state = 'disconnected')"
)
FINISHED_ONBOARDING_DAYS = 90
_BY_RULE = [
    # A change of many nights that was never made. One that was made is history, and stays.
    Kept("rate_edits", "case when state in ('draft', 'discarded') then created_at end", 90),
    # Put away before there was a hotel; that of a hotel stays, emptied (below).
    Kept("onboardings", "case when property_id is null then closed_at end", 90),
    # Long past the day in which a change of the mapping can be undone; the audit keeps who did what.
    Kept("mapping_changes", "applied_at", 730),
    # What was on the desk of a connection that ended; connecting again reads the products anew.
    Kept("mapping_drafts", _ENDED.format(table="mapping_drafts"), 90, key="connection_id"),
    Kept("remote_snapshots", _ENDED.format(table="remote_snapshots"), 90, key="connection_id"),
    # A colleague's link that is over. For a month its step still says that it was used.
    Kept("magic_links", "expires_at", 30),
]  # fmt: skip


def _bite(rule: Kept) -> int:
    """Short transactions: nobody waits behind a clean-up."""
    deleted = 0
    while True:
        with unit_of_work():
            done = db.session.execute(
                text(
                    f"delete from {rule.table} where organization_id = :organization and {rule.key} in ("
                    f"select {rule.key} from {rule.table} where organization_id = :organization "
                    f"and {rule.since} < clock_timestamp() - make_interval(days => :days) limit :most)"
                ),
                {"organization": tenancy.required(), "days": rule.days, "most": BITE},
            )
        count = int(done.rowcount)  # type: ignore[attr-defined]
        deleted += count
        if count < BITE:
            return deleted


def _empty_finished_onboardings() -> None:
    """What was typed on the way to a hotel that has long been there: the hotel has it. The way's own moments stay."""
    with unit_of_work():
        db.session.execute(
            text(
                "update onboardings set answers = '{}', answered = '[]' where organization_id = :organization "
                "and closed_at < clock_timestamp() - make_interval(days => :days) and answers <> '{}'"
            ),
            {"organization": tenancy.required(), "days": FINISHED_ONBOARDING_DAYS},
        )
