"""What a person ticks while an OTA is connected: what no program can see. Each tick keeps who and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.db import now, unit_of_work
from portal.domain import extranet
from portal.models import ChannelSetup
from portal.services import audit
from portal.services.channel_setups import note
from portal.services.errors import Refused


@dataclass(frozen=True)
class Tick:
    by: str
    at: datetime


def ticked(setup: ChannelSetup | None) -> dict[str, Tick]:
    """The items that are ticked, each with who and when."""
    done = setup.ticks if setup else {}
    return {item: Tick(each["by"], datetime.fromisoformat(each["at"])) for item, each in done.items()}


def tick(setup: ChannelSetup, item: str, done: bool) -> None:
    """A person has done an item of the checklist, or not after all. Raises `Refused` for an unknown one."""
    if item not in extranet.ticks_of(setup.code, setup.switching):
        raise Refused("There is no such item.")
    with unit_of_work():
        before = item in setup.ticks
        ticks = {name: each for name, each in setup.ticks.items() if name != item}
        if done:
            ticks[item] = {"by": audit.actor().name, "at": now().isoformat()}
        setup.ticks = ticks
        note(setup, "channel.ticked", {item: (before, done)})


def set_switching(setup: ChannelSetup, switching: bool) -> None:
    """The OTA is connected to another channel manager today, or not."""
    with unit_of_work():
        note(setup, "channel.switching", {"switching": (setup.switching, switching)})
        setup.switching = switching
