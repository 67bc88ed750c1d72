"""The OTAs of a connection as the page shows them: those connected, those on their way, those that could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain import extranet
from portal.domain.channels import channel
from portal.models import Channel, ChannelSetup, ChannelState, Connection, SetupState
from portal.services import channel_setups

_BY_SETUP = {
    SetupState.CONNECTED: ChannelState.CONNECTED,
    SetupState.PAUSED: ChannelState.DISCONNECTED,
    SetupState.DISCONNECTED: ChannelState.DISCONNECTED,
    SetupState.ERROR: ChannelState.ERROR,
}


@dataclass(frozen=True)
class OtaCard:
    """`state` is None for an OTA nobody has begun to connect. Times are UTC."""

    code: str
    name: str
    setup: ChannelSetup | None
    channel: Channel | None
    state: ChannelState | None
    step: SetupState | None

    @property
    def error(self) -> str:
        return (self.setup.error if self.setup else "") or (self.channel.error if self.channel else "")

    @property
    def since(self) -> datetime | None:
        if self.channel is None:
            return None
        return self.channel.disconnected_at if self.state is ChannelState.DISCONNECTED else self.channel.connected_at

    @property
    def last_check(self) -> datetime | None:
        moments = (self.setup.checked_at if self.setup else None, self.channel.last_sync_at if self.channel else None)
        return max((moment for moment in moments if moment), default=None)

    @property
    def can_connect(self) -> bool:
        return self.code in extranet.GUIDES and self.step in (
            None, SetupState.WAITING, SetupState.CHOOSING, SetupState.ERROR, SetupState.DISCONNECTED,
        )  # fmt: skip

    @property
    def is_on(self) -> bool:
        return self.step is SetupState.CONNECTED

    @property
    def is_at_work(self) -> bool:
        return self.step in channel_setups.AT_WORK or bool(self.setup and self.setup.wish)


def of(connection: Connection, channels: Sequence[Channel]) -> list[OtaCard]:
    """One card an OTA: what there is first, then what could be connected."""
    setups = {row.code: row for row in channel_setups.of_connection(connection.id)}
    newest: dict[str, Channel] = {}
    for row in channels:
        known = newest.get(row.code)
        if known is None or (row.state is not ChannelState.DISCONNECTED, row.id) > (
            known.state is not ChannelState.DISCONNECTED, known.id,
        ):  # fmt: skip
            newest[row.code] = row
    codes = [*dict.fromkeys([*extranet.GUIDES, *newest, *setups])]
    cards = [_card(code, setups.get(code), newest.get(code)) for code in codes]
    return sorted(cards, key=lambda card: card.state is None)


def _card(code: str, setup: ChannelSetup | None, row: Channel | None) -> OtaCard:
    if setup is None or (setup.state is SetupState.CONNECTED and row is not None):
        state = row.state if row else None
    else:
        state = _BY_SETUP.get(setup.state, ChannelState.PENDING)
    step = setup.state if setup else _step_of(row)
    return OtaCard(code, channel(code).name, setup, row, state, step)


def _step_of(row: Channel | None) -> SetupState | None:
    """What was connected at the provider itself has a step as if it had been connected here."""
    if row is None:
        return None
    if row.state is ChannelState.CONNECTED or row.state is ChannelState.ERROR:
        return SetupState.CONNECTED
    return SetupState.PAUSED if row.state is ChannelState.DISCONNECTED else SetupState.WAITING
