"""Switching one OTA on: a channel is made, mapped, asked whether it is ready, activated; then everything is sent.

The worker's steps of `channel_work`. Killed anywhere and run again, each goes on where it was.
"""

from __future__ import annotations

from sqlalchemy import func, select

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.channels import channel
from portal.extensions import db
from portal.models import Channel, ChannelSetup, ChannelState, Connection, Property, SetupState
from portal.services import audit, channel_readback, channel_setups, connectors, full_sync, provider_groups
from portal.services.channel_setups import forget_wish
from providers.channel_types import OtaMapping
from providers.errors import Rejected


class Step:
    """One OTA's turn."""

    def __init__(self, connection: Connection, setup: ChannelSetup, line: connectors.Line) -> None:
        self.connection = connection
        self.setup = setup
        self.connector = line.connector
        self.external_property_id = connection.external_property_id or ""

    def is_due(self) -> bool:
        return self.setup.next_check_at is not None and self.setup.next_check_at <= now()


def connect(step: Step) -> None:
    """Make the channel inactive, map it, ask what it lacks, switch it on. Killed anywhere, it goes on where it was."""
    setup, connector = step.setup, step.connector
    plans = {plan.id: plan for plan in channel_setups.plans_of(step.connection.id)}
    products = {each.key: each for each in channel_setups.products_of(setup)}
    wanted = [
        OtaMapping(plans[plan_id].external_id, each.room_id, each.rate_id,
                   each.occupancy or plans[plan_id].occupancy, each.pricing)
        for key, plan_id in setup.choices.items()
        if plan_id in plans and (each := products.get(key)) is not None
    ]  # fmt: skip
    if not wanted:
        raise Rejected("Nothing was chosen to be sold there", code="nothing_chosen")
    group_id, place = provider_groups.group_id(step.connection.provider), property_of(step.connection)
    end_reading()
    counting = connector.counts_by_itself(step.external_property_id)
    if counting:
        with unit_of_work():
            channel_readback.note_counting(step.connection, counting)
            setup.state, setup.error = SetupState.CHOOSING, "counting"
            forget_wish(setup)
        return
    if setup.external_id is None:
        title = f"{channel(setup.code).name} {place.name}"
        found = connector.create_channel(
            setup.code, setup.account_id, step.external_property_id, group_id, title, place.currency
        )
        with unit_of_work():
            setup.external_id = found
    external_id = setup.external_id or ""
    end_reading()
    connector.map_channel(external_id, setup.code, wanted)
    lacks = connector.check_readiness(external_id)
    if lacks:
        with unit_of_work():
            setup.state, setup.lacks, setup.error = SetupState.CHOOSING, list(lacks), "not_ready"
            forget_wish(setup)
        return
    connector.activate_channel(external_id)
    is_on(step)


def resume(step: Step) -> None:
    setup = step.setup
    end_reading()
    if step.connector.counts_by_itself(step.external_property_id):
        with unit_of_work():
            setup.error = "counting"
            forget_wish(setup)
        return
    step.connector.activate_channel(setup.external_id or "")
    is_on(step)


def repair(step: Step) -> None:
    """Another id behind the same channel: its mapping and its history stay."""
    setup = step.setup
    end_reading()
    refusal = step.connector.test_channel(setup.code, setup.account_id)
    if refusal:
        with unit_of_work():
            setup.state, setup.error, setup.checked_at = SetupState.ERROR, refusal[:500], now()
            forget_wish(setup)
        return
    if setup.external_id:
        step.connector.change_channel_account(setup.external_id, setup.code, setup.account_id)
        step.connector.activate_channel(setup.external_id)
        is_on(step)
        return
    with unit_of_work():
        setup.state, setup.next_check_at = SetupState.WAITING, now()
        forget_wish(setup)


def is_on(step: Step) -> None:
    """The OTA is connected: its row says so at once, and everything is sent."""
    setup = step.setup
    with unit_of_work():
        moment = now()
        setup.state, setup.error, setup.lacks, setup.kept = SetupState.CONNECTED, "", [], []
        setup.checked_at, setup.next_check_at = moment, None
        forget_wish(setup)
        _channel_row(step)
        audit.record("channel.connected", "channel_setup", setup.id, {"channel": (None, setup.code)},
                     property_id=setup.property_id)  # fmt: skip
    full_sync.request(step.connection, "connect")


def _channel_row(step: Step) -> None:
    setup = step.setup
    row = db.session.scalar(
        select(Channel).where(
            Channel.organization_id == tenancy.required(),
            Channel.connection_id == step.connection.id,
            Channel.external_id == setup.external_id,
        )
    )
    if row is None:
        row = Channel(connection_id=step.connection.id, external_id=setup.external_id, code=setup.code)
        db.session.add(row)
    if row.state is not ChannelState.CONNECTED:
        row.state, row.error, row.connected_at = ChannelState.CONNECTED, "", func.clock_timestamp()
    row.last_sync_at = func.clock_timestamp()


def property_of(connection: Connection) -> Property:
    return db.session.scalars(
        select(Property).where(Property.organization_id == tenancy.required(), Property.id == connection.property_id)
    ).one()
