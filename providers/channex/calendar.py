"""Availability and prices, out and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from providers.channex import ari
from providers.channex.api import ChannexApi
from providers.channex.verdicts import read_push
from providers.errors import Malformed
from providers.types import CalendarChange, Cell, LaneKind, PushResult, RoomNights, Run, Verdict

ENDPOINT = {LaneKind.AVAILABILITY: "availability", LaneKind.RATES: "restrictions"}


class Calendar(ChannexApi):
    """Two endpoints with a limit each: ten calls a minute for each property."""

    def push_calendar(
        self,
        property_id: str,
        kind: LaneKind,
        changes: Sequence[CalendarChange],
        rooms: Mapping[str, RoomNights] | None = None,
    ) -> PushResult:
        """Send changes of one kind in one call (more only above 9 MB) and return Channex's word on each.

        When a later call of several fails, the error stands for all: values are absolute, so sending
        them again does no harm.
        """
        if any(change.kind is not kind for change in changes):
            raise ValueError("a push holds changes of one kind")
        endpoint = ENDPOINT[kind]
        verdicts: list[Verdict] = []
        tasks: list[str] = []
        done = 0
        values = [ari.value(property_id, change) for change in changes]
        for batch in ari.batches(values) if values else ():
            body = self._call("POST", f"/{endpoint}", json={"values": batch}, bucket=f"{endpoint}:{property_id}")
            result = read_push(changes[done : done + len(batch)], body)
            done += len(batch)
            verdicts += result.verdicts
            tasks += result.task_ids
        return PushResult(tuple(verdicts), tuple(tasks))

    def read_calendar(
        self, property_id: str, kind: LaneKind, external_ids: Iterable[str], first: date, last: date
    ) -> Mapping[str, Sequence[Run]]:
        """Return what Channex holds from `first` to `last`, both included; nights it does not hold are missing.

        Compare with `agrees`: Channex closes a sold-out night by itself.
        """
        wanted = tuple(external_ids)
        found: dict[str, dict[date, int | Cell]] = {external_id: {} for external_id in wanted}
        for start, end in ari.read_window(first, last):
            params = {
                "filter[property_id]": property_id,
                "filter[date][gte]": str(start),
                "filter[date][lte]": str(end),
            }
            if kind is LaneKind.RATES:
                params["filter[restrictions]"] = ari.RESTRICTIONS
            data = self._call("GET", f"/{ENDPOINT[kind]}", params=params).get("data")
            if not isinstance(data, dict):
                raise Malformed("Channex answered without a calendar", field="data")
            for external_id, nights in ari.read_nights(kind, data, wanted).items():
                found[external_id] |= {night: value for night, value in nights.items() if start <= night <= end}
        return {external_id: ari.runs(nights) for external_id, nights in found.items()}

    def agrees(self, wanted: int | Cell, seen: int | Cell, available: int | None = None) -> bool:
        return ari.agrees(wanted, seen, available)
