"""The words of the OTAs behind a channel manager: the channels, their products, what one of them is shown less of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class RemoteLimit:
    """What one channel is to be shown of some room types. Nights `first` to `last` are both included.

    `key` is ours and can be read back: a limit is looked up by it before it is made a second time.
    """

    key: str
    external_id: str | None
    channel_id: str
    kind: str  # closed | fewer | at_most
    units: int
    room_type_ids: tuple[str, ...]
    first: date
    last: date | None
    weekdays: tuple[int, ...]  # Monday is 0


@dataclass(frozen=True)
class RemoteChannel:
    external_id: str
    code: str  # our OTA code
    title: str
    active: bool
    error: str | None = None


@dataclass(frozen=True)
class OtaProduct:
    """A rate of a room as the OTA sells it. `pricing`: Standard, or OBP (a price for each occupancy)."""

    room_id: str
    room_name: str
    rate_id: str
    rate_name: str
    occupancy: int | None
    pricing: str = "Standard"
    readonly: bool = False

    @property
    def key(self) -> str:
        return f"{self.room_id}/{self.rate_id}"


@dataclass(frozen=True)
class OtaMapping:
    """One product of the OTA, and the provider's rate plan that it sells."""

    rate_plan_id: str
    room_id: str
    rate_id: str
    occupancy: int
    pricing: str = "Standard"
    raw: Mapping[str, Any] = field(default_factory=dict)  # as the provider had it; goes back unchanged
