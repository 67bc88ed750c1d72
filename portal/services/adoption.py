"""Connecting to a property that exists at the provider already: code, account, property, mapping, start.

A person decides between the steps; each is a wish in a row, and a worker carries it out. Killed anywhere and
run again nothing is doubled. A code serves once, so its tokens are stored before anything else is asked.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import func, select

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.extensions import db
from portal.models import Connection, InboxMessage, InboxState, ProviderLogin
from portal.services import activation, connectors, duties, logins, poll, remote_products, switches, webhook_setup
from providers.errors import AuthFailed, Rejected

log = structlog.get_logger()

LOOK_AGAIN = 2.0  # seconds, while the bookings that were there before are applied


class Waits(Exception):
    """Nothing is wrong: the bookings that exist there are being applied first."""


class Steps:
    """What can be done now, each step safe to repeat. `done` is for the history."""

    def __init__(self, lease: duties.Lease, connection: Connection, line: connectors.Line, run_id: UUID) -> None:
        self.lease = lease
        self.connection = connection
        self.line = line
        self.done: dict[str, int] = {}

    def all(self) -> None:
        login = connectors.login_of(self.connection)
        end_reading()
        if login is not None and login.code_sealed:
            if not self.exchange(login):
                return
        self.line = self._line_again()
        login = connectors.login_of(self.connection)
        end_reading()
        if login is None or not login.refresh_sealed:
            return
        self.look_around(login)
        if self.connection.external_property_id and self.lease.request.get("start"):
            self.start()

    def exchange(self, login: ProviderLogin) -> bool:
        """Turn the code into tokens. A code that is refused is forgotten: a person makes another."""
        code = login.code or ""
        try:
            tokens = self.line.connector.exchange_code(code, f"roomwire-{str(login.id)[-12:]}")
        except (AuthFailed, Rejected) as error:
            with unit_of_work():
                duties.renew(self.lease)
                logins.code_refused(login.id, str(error))
            return False
        logins.code_served(login.id, tokens)
        return True

    def look_around(self, login: ProviderLogin) -> None:
        """What the account is and sees; a renewed sign-in takes the place of the one it was made for."""
        details = self.line.connector.account_details()
        properties = self.line.connector.fetch_properties()
        with unit_of_work():
            duties.renew(self.lease)
            logins.take_details(login.id, details, properties)
            logins.replace_if_asked(self.connection, login.id)
        db.session.refresh(self.connection)
        property_id = self.connection.external_property_id
        end_reading()
        self.line = self._line_again()  # from here on the account is known by its number, and so are its credits
        if property_id is None:
            return
        found = self.line.connector.fetch_products(property_id)
        with unit_of_work():
            duties.renew(self.lease)
            remote_products.keep(self.connection, found)

    def start(self) -> None:
        """Read the bookings that are there, apply them, and only then begin to send: what is sold stays sold."""
        if not switches.may(self.connection, "pull"):
            log.info("started_without_its_bookings", connection_id=str(self.connection.id))
        elif self.connection.read_until is None:
            began = now()
            end_reading()
            page = poll.everything_ahead(self.connection, self.line)
            with unit_of_work():
                duties.renew(self.lease)
                self.done["bookings"] = poll.keep(self.connection, page.messages, "recovery", read_until=began)
        if self._waiting():
            raise Waits("the bookings that are there already are being applied")
        webhook_setup.register(self.connection, self.line, self.lease)
        activation.activate(self.connection, self.lease)

    def _waiting(self) -> int:
        if not switches.may(self.connection, "pull"):
            return 0
        waiting: int = db.session.execute(
            select(func.count()).where(
                InboxMessage.organization_id == tenancy.required(),
                InboxMessage.connection_id == self.connection.id,
                InboxMessage.state == InboxState.RECEIVED,
            )
        ).scalar_one()
        end_reading()
        return waiting

    def _line_again(self) -> connectors.Line:
        """The first line knew no tokens yet. What it said is kept with what the new one says."""
        line = connectors.line_for(self.connection, urgent=False)
        line.calls[:0] = self.line.calls
        return line
