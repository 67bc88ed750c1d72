"""Where a guest is, as Beds24 can show it: it has no checked-in state, so a coloured label says it. Pure."""

from __future__ import annotations

from typing import Any

from providers.types import StayState

# Label (at most 32 characters) and colour (six hexadecimal digits).
FLAGS: dict[StayState, tuple[str, str]] = {
    StayState.EXPECTED: ("", ""),
    StayState.CHECKED_IN: ("Checked in", "00a651"),
    StayState.CHECKED_OUT: ("Checked out", "808080"),
    StayState.NO_SHOW: ("No-show", "d9001b"),
}
_STATES = {label.lower().replace("-", " "): state for state, (label, _) in FLAGS.items() if label}


def state_of(flag: Any, sub_status: Any) -> StayState | None:
    """Return what the label says, ours or one written alike by hand; `None` when it says nothing of the guest."""
    if sub_status == "noShow":
        return StayState.NO_SHOW
    return _STATES.get(" ".join(flag.lower().replace("-", " ").split())) if isinstance(flag, str) else None


def flag(state: StayState) -> dict[str, str]:
    label, colour = FLAGS[state]
    return {"flagText": label, "flagColor": colour}
