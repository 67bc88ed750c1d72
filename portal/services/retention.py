"""What is kept only so long: call bodies, deliveries, slots, dead sessions and links, sent mails. In small bites."""

from __future__ import annotations

from sqlalchemy import text

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.services import mails

BITE = 5000

_TENANT = {
    "api_calls": "at",
    "webhook_events": "received_at",
}
_FINISHED = {"webhook_events": "and state <> 'received'"}  # what nobody read yet is kept for as long as that takes


def sweep() -> dict[str, int]:
    """Delete what is past its time; return the counts."""
    days = {
        "api_calls": runtime.settings.api_call_retention_days,
        "webhook_events": runtime.settings.webhook_retention_days,
    }
    counts = dict.fromkeys(_TENANT, 0)
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            for table, column in _TENANT.items():
                counts[table] += _bite(table, column, days[table])
    with unit_of_work():
        db.session.execute(text("delete from schedule_slots where slot < clock_timestamp() - interval '2 days'"))
        db.session.execute(text("delete from user_sessions where expires_at < clock_timestamp() - interval '7 days'"))
        db.session.execute(text("delete from tokens where expires_at < clock_timestamp() - interval '7 days'"))
        mails.sweep()
    return counts


def _bite(table: str, column: str, days: int) -> int:
    """Short transactions: nobody waits behind a clean-up."""
    deleted, finished = 0, _FINISHED.get(table, "")
    while True:
        with unit_of_work():
            done = db.session.execute(
                text(
                    f"delete from {table} where organization_id = :organization and id in ("
                    f"select id from {table} where organization_id = :organization "
                    f"and {column} < clock_timestamp() - make_interval(days => :days) {finished} limit :most)"
                ),
                {"organization": tenancy.required(), "days": days, "most": BITE},
            )
        count = int(done.rowcount)  # type: ignore[attr-defined]
        deleted += count
        if count < BITE:
            return deleted
