"""The nights a provider keeps of a property's calendar, counted from the property's own today."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from portal.db import now
from portal.domain.nights import Window, local_today
from portal.extensions import db
from portal.models import Connection, Property
from providers.registry import connector_class


def zone(connection: Connection) -> str:
    """The time zone of the connection's property, as an IANA name."""
    found = db.session.scalar(
        select(Property.timezone).where(
            Property.organization_id == connection.organization_id, Property.id == connection.property_id
        )
    )
    return found or "UTC"


def today(connection: Connection) -> date:
    return local_today(now(), zone(connection))


def window(connection: Connection) -> Window:
    """Every night that can be sent, from tonight on."""
    first = today(connection)
    return Window(first, first + timedelta(days=connector_class(connection.provider).horizon_days - 1))
