"""Behaviour that the documentation leaves open or that a drill needs, each with its default."""

from __future__ import annotations

from typing import Any

from sandbox import switches

DEFAULTS: dict[str, Any] = {
    "strict_rate_limits": True,  # 10 a minute per property and endpoint; off: the 6000 that staging advertises
    "rate_limit_per_minute": 10,
    "send_retry_after": True,
    "duplicate_titles_refused": False,  # True: a rate plan title is unique in the property, not in its room type
    "feed_drop": True,  # an unacknowledged revision leaves the feed after 30 minutes
    "feed_timer_from": "first_serving",  # or "inserted": where those 30 minutes begin
    "warnings_empty_list": False,  # True: a clean answer carries `warnings: []`, as the documentation shows
    "not_found_spelling": "resource_not_found",  # or "not_found"
    "both_booking_events": True,  # a `*` mask gets `booking` and `booking_new` for one revision
    "string_warnings": False,  # every warning is a string instead of an object
    "count_first_attempt": True,  # "max 11 attempts" includes the first
    "webhook_timeout_seconds": 10.0,
    "webhook_duplicates": 0,  # extra copies of each delivery
    "webhook_shuffle_seconds": 0.0,  # each delivery waits a random part of this, so order is lost
    "webhook_loss": 0.0,  # share of deliveries that never happen
    "webhook_delay_seconds": 0.0,
    "webhooks_paused": False,
    "crs_delay_seconds": 0.0,  # staging shows a CRS booking after about two seconds
    "crs_needs_application": True,
}


class Switches(switches.Switches):
    """The switches of Channex in force."""

    def __init__(self) -> None:
        super().__init__(DEFAULTS)
