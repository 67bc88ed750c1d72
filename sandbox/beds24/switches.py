"""Behaviour that Beds24's documentation leaves open or that a drill needs, each with its default."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "access_token_seconds": 86_400,
    "rotate_refresh_tokens": False,  # a new refresh token comes with each access token, and the old one is dead
    "token_answer_has_refresh": True,  # seen live; the documentation shows the answer without it
    "count_credits": True,
    "bookings_page_size": 100,
    "default_window": True,  # without a date, id or modified filter: arrivals from yesterday to a year ahead
    "modified_lifts_window": True,  # whether `modifiedFrom` alone shows an earlier arrival is not published
    "master_names_itself": True,  # the master booking of a group carries its own id as `masterId`
    "modified_has_id": True,
    "read_only_fields": "ignore",  # or "warn" or "store": what comes of `reference`, `apiReference`, `subStatus`
    "bad_fields": "refuse",  # or "warn": an unusable value refuses the item, or only itself
    "check_counts_blackout": True,  # `checkAvailability` refuses a night that is blacked out
    "closed_without_price": True,  # a night without a price reads `numAvail: 0`
    "calendar_names_rooms": True,
    "numbers_as_text": False,  # calendar numbers arrive as numeric strings, as some were seen to
    "answer_seconds": 0.0,  # how long each call takes to work on
    "webhook_delay_seconds": 60.0,
    "webhook_coalesce": True,  # several quick changes of a booking arrive as one call
    "webhook_latest_state": True,  # the body is written when it is sent; off: when it is queued
    "webhook_timeout_seconds": 10.0,
    "webhook_duplicates": 0,
    "webhook_shuffle_seconds": 0.0,
    "webhook_loss": 0.0,
    "webhooks_paused": False,
    "relay_secret": "",  # set: a relay in front signs each body, which Beds24 itself never does
    "relay_header": "X-Beds24-Signature",
}
