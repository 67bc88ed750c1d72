"""The sweep: rows that are due and that nobody holds get their bell rung again, whatever Redis lost."""

from __future__ import annotations

import structlog
from sqlalchemy import select, text

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Duty, ProviderFeed
from portal.services import connectors, duties, incidents, provider_feeds, switches
from providers.registry import CONNECTORS

log = structlog.get_logger()

UNACKNOWLEDGED_MINUTES = 5  # the OTA's fallback e-mail comes at 30


def ring_due() -> int:
    """Ring for every duty that is due; return how many."""
    due = duties.due()
    end_reading()
    for organization_id, connection_id, duty in due:
        queue.ring_now(duty, organization_id, connection_id)
    return len(due)


def ring_feeds() -> None:
    """Ring for the account-wide feeds whose time has come; a feed nobody ever read is due."""
    due = provider_feeds.due()
    known = set(db.session.scalars(select(ProviderFeed.provider)))
    end_reading()
    for provider, connector in CONNECTORS.items():
        if not connector.account_feed or not connectors.is_configured(provider):
            continue
        if (provider in due or provider not in known) and switches.installation_may(provider, "pull"):
            queue.ring_task(f"feed:{provider}")


def warn_unacknowledged() -> None:
    """Open an incident for each connection that holds bookings the provider does not know we have."""
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id), unit_of_work():
            rows = db.session.execute(
                text(
                    """
                    select c.id, c.property_id, count(i.id) as waiting
                    from connections c
                    left join inbox i on i.organization_id = c.organization_id and i.connection_id = c.id
                        and i.acknowledged_at is null
                        and i.received_at < clock_timestamp() - make_interval(mins => :minutes)
                    where c.organization_id = :organization group by c.id, c.property_id
                    """
                ),
                {"organization": organization_id, "minutes": UNACKNOWLEDGED_MINUTES},
            ).all()
            for row in rows:
                if row.waiting:
                    facts = {"messages": row.waiting, "minutes": UNACKNOWLEDGED_MINUTES}
                    incidents.opened(Trouble.UNACKNOWLEDGED, Category.SYNC_FAILED, row.property_id, row.id, facts=facts)
                    duties.request(row.id, Duty.DRAIN, {"pull": True})
                else:
                    incidents.closed(Trouble.UNACKNOWLEDGED, row.id)
