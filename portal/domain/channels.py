"""The places a booking comes from: the code we store, the name people know, the colour of its badge.

Codes are the three letters Channex puts before a booking's unique id (its "OTA codes" list); `DIR` is
ours. Tones are names of our own colour tokens (`--ota-<tone>`), kept apart from the brands' colours.
"""

from __future__ import annotations

from typing import NamedTuple


class Channel(NamedTuple):
    code: str
    name: str
    tone: str

    @property
    def token(self) -> str:
        """The CSS custom property that holds the badge's colour."""
        return f"--ota-{self.tone}"


DIRECT = "DIR"
OFFLINE = "OFL"
TONES = ("indigo", "amber", "coral", "violet", "teal", "olive", "slate", "green")

CHANNELS: dict[str, Channel] = {
    channel.code: channel
    for channel in (
        Channel("BDC", "Booking.com", "indigo"),
        Channel("EXP", "Expedia", "amber"),
        Channel("ABB", "Airbnb", "coral"),
        Channel("AGO", "Agoda", "violet"),
        Channel("VRB", "Vrbo", "teal"),
        Channel("GHA", "Google Hotel", "olive"),
        Channel("HWL", "Hostelworld", "olive"),
        Channel("HBD", "Hotelbeds", "olive"),
        Channel("HRS", "HRS", "olive"),
        Channel("HGT", "HyperGuest", "olive"),
        Channel("TRK", "Traveloka", "olive"),
        Channel("CTP", "Trip.com", "olive"),
        Channel("TKT", "Tiket", "olive"),
        Channel("GMT", "Goibibo", "olive"),
        Channel("OPN", "Open Channel", "slate"),
        Channel(OFFLINE, "Offline", "slate"),
        Channel(DIRECT, "Direct", "green"),
    )
}


def channel(code: str) -> Channel:
    """Return the channel with this code; one we have never heard of keeps its code as its name."""
    return CHANNELS.get(code) or Channel(code, code, "slate")
