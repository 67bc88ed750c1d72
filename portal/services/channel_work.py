"""The worker's side of connecting OTAs: ask the OTA, read its products, make the channel, switch it.

Called by the duty `channels` with a line that is open; nothing here holds a transaction while a provider thinks.
What the provider refuses stands at the OTA's own row; everything else is the duty's trouble.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain import extranet, ota_products
from portal.extensions import db, runtime
from portal.models import (
    Channel,
    ChannelSetup,
    ChannelState,
    Connection,
    ConnectionState,
    SetupState,
)
from portal.services import (
    activation,
    audit,
    channel_closing,
    channel_readback,
    channel_setups,
    connectors,
    provider_groups,
)
from portal.services.channel_connecting import Step, connect, is_on, property_of, repair, resume
from portal.services.channel_setups import forget_wish
from providers.errors import Malformed, Rejected

CLOSING_TAKES = timedelta(seconds=60)  # the provider passes the closed calendar on by itself; it says no more than that


def advance(connection: Connection, asked: dict[str, Any], line: connectors.Line) -> datetime | None:
    """Do what is due for every OTA of the connection; say when the next one is."""
    # While the property is still being created there is no webhook to read back and no plan to sell.
    waits = waits_for_activation(connection)
    is_there = (connection.state is ConnectionState.ACTIVE or waits) and connection.external_property_id
    if not is_there or "test_channel" not in line.connector.capabilities:
        return None
    channel_readback.read(connection, asked, line.connector)
    provider_groups.move(connection, str(asked.get("group") or ""), line.connector)
    for setup in channel_setups.of_connection(connection.id):
        # Switched on before there are prices, the OTA would take the closed calendar of a hotel that may sell there.
        if not (waits and setup.state is SetupState.CONNECTING):
            _take(Step(connection, setup, line))
    end_reading()
    return _next(connection)


def waits_for_activation(connection: Connection) -> bool:
    """Whether a person still has to activate the property: the OTA is asked and read, and nothing is switched on."""
    return connection.state is ConnectionState.SETTING_UP and activation.is_held(connection)


def _take(step: Step) -> None:
    setup = step.setup
    try:
        if setup.wish in ("consent", "frame"):
            _link(step)
        elif setup.wish == "repair":
            repair(step)
        elif setup.wish == "resume":
            resume(step)
        elif setup.state is SetupState.CONNECTING:
            connect(step)
        elif setup.state is SetupState.CLOSING:
            _close(step)
        elif setup.code == "ABB":
            _follow_consent(step)
        elif setup.state in (SetupState.WAITING, SetupState.ERROR) and setup.account_id and step.is_due():
            _test(step)
        elif setup.external_id:
            _follow_channel(step)
    except (Rejected, Malformed) as error:
        with unit_of_work():
            setup.state, setup.error = SetupState.ERROR, str(error)[:500]
            setup.next_check_at = None
            forget_wish(setup)


def _test(step: Step) -> None:
    setup = step.setup
    end_reading()
    refusal = step.connector.test_channel(setup.code, setup.account_id)
    products = () if refusal else step.connector.channel_products(setup.code, setup.account_id)
    plans = channel_setups.plans_of(step.connection.id)
    clear = ota_products.is_clear(products, plans)
    with unit_of_work():
        moment = now()
        setup.checked_at = moment
        if refusal:
            setup.state, setup.error = SetupState.WAITING, refusal[:500]
            setup.next_check_at = extranet.next_look(setup.started_at or moment, moment)
            return
        setup.accepted_at, setup.error, setup.next_check_at = moment, "", None
        setup.products, setup.state = channel_setups.as_rows(products), SetupState.CHOOSING
        # Proposed only where there is no doubt; a person still presses the button.
        setup.choices = ota_products.exact(products, plans) if clear else {}
        audit.record("channel.accepted", "channel_setup", setup.id, {"channel": (None, setup.code)},
                     property_id=setup.property_id)  # fmt: skip


def _close(step: Step) -> None:
    """First its nights go off sale at this OTA only, then the channel is switched off, then it is forgotten."""
    setup = step.setup
    end_reading()
    if not setup.kept:
        kept = channel_closing.close(step.connector, step.external_property_id, setup.external_id or "", setup.code)
        with unit_of_work():
            setup.kept = kept
            setup.next_check_at = now() + CLOSING_TAKES
        return
    if not step.is_due():
        return
    ends = setup.wish == "disconnect"
    shared = _others_close(step)
    end_reading()
    channel_closing.finish(
        step.connector, step.external_property_id, setup.external_id or "", setup.code, setup.kept,
        forget=ends, leave_plans=shared,
    )  # fmt: skip
    with unit_of_work():
        setup.state = SetupState.DISCONNECTED if ends else SetupState.PAUSED
        setup.kept, setup.next_check_at = [], None
        setup.external_id = None if ends else setup.external_id
        forget_wish(setup)
        audit.record("channel.closed", "channel_setup", setup.id, {"channel": (None, setup.code)},
                     property_id=setup.property_id)  # fmt: skip


def _others_close(step: Step) -> bool:
    others = channel_setups.of_connection(step.connection.id)
    return any(each.state is SetupState.CLOSING and each.id != step.setup.id for each in others)


def _link(step: Step) -> None:
    """One link for one click; it is sealed, shown to who asked, and in no log."""
    setup, group_id, place = (
        step.setup,
        provider_groups.group_id(step.connection.provider),
        property_of(step.connection),
    )
    end_reading()
    if setup.wish == "consent":
        back = f"{runtime.settings.public_url}/guest/back/{setup.property_id}/{setup.code}"
        link = step.connector.consent_link(setup.code, step.external_property_id, group_id, back, place.name)
    else:
        link = step.connector.frame_link(step.external_property_id, "portal", group_id)
    with unit_of_work():
        setup.link, setup.link_at = f"{setup.wish} {link}", now()
        setup.started_at = setup.started_at or now()
        setup.next_check_at = now()
        forget_wish(setup)


def _follow_consent(step: Step) -> None:
    """Nobody tells us that a host consented: the new channel among the provider's does."""
    setup = step.setup
    if setup.state not in (SetupState.WAITING, SetupState.ERROR, SetupState.CHOOSING) or not setup.started_at:
        return
    row = db.session.scalar(
        select(Channel)
        .where(
            Channel.organization_id == tenancy.required(),
            Channel.connection_id == step.connection.id,
            Channel.code == setup.code,
            Channel.state != ChannelState.DISCONNECTED,
        )
        .order_by(Channel.id.desc())
        .limit(1)
    )
    on = row is not None and row.state is ChannelState.CONNECTED
    with unit_of_work():
        moment = now()
        setup.checked_at, setup.next_check_at = moment, extranet.next_look(setup.started_at, moment)
        if row is None:
            return
        setup.external_id, setup.accepted_at = row.external_id, setup.accepted_at or moment
        setup.state = SetupState.CHOOSING
    if on:
        is_on(step)


def _follow_channel(step: Step) -> None:
    """Somebody switched the channel at the provider: the events and the polling say so, and so does our row."""
    setup = step.setup
    state = db.session.scalar(
        select(Channel.state).where(
            Channel.organization_id == tenancy.required(),
            Channel.connection_id == step.connection.id,
            Channel.external_id == setup.external_id,
        )
    )
    end_reading()
    if setup.state is SetupState.CONNECTED and state is ChannelState.DISCONNECTED:
        with unit_of_work():
            setup.state, setup.error = SetupState.PAUSED, "switched_off_there"
    elif setup.state is SetupState.PAUSED and state is ChannelState.CONNECTED:
        with unit_of_work():
            setup.state, setup.error = SetupState.CONNECTED, ""


def _next(connection: Connection) -> datetime | None:
    earliest: datetime | None = db.session.scalar(
        select(func.min(ChannelSetup.next_check_at)).where(
            ChannelSetup.organization_id == tenancy.required(), ChannelSetup.connection_id == connection.id
        )
    )
    end_reading()
    return earliest
