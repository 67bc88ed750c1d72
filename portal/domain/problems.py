"""The classes of trouble, and the causes a person is told about in words (`portal.web.words`)."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    AUTH_ERROR = "AUTH_ERROR"
    RATE_LIMIT = "RATE_LIMIT"
    MAPPING_ERROR = "MAPPING_ERROR"
    SYNC_FAILED = "SYNC_FAILED"
    WEBHOOK_INVALID = "WEBHOOK_INVALID"
    OVERBOOKING = "OVERBOOKING"


class Trouble(StrEnum):
    """One sentence each: what happened, what the OTA sells meanwhile, the next click."""

    CREDENTIAL_REFUSED = "credential_refused"
    PROPERTY_GONE = "property_gone"
    CELLS_REFUSED = "cells_refused"
    CALL_REFUSED = "call_refused"
    PROVIDER_AWAY = "provider_away"
    ANSWER_UNCLEAR = "answer_unclear"
    NO_ROOM_FREE = "no_room_free"
    PRODUCT_UNMAPPED = "product_unmapped"
    MESSAGE_UNREADABLE = "message_unreadable"
    MESSAGE_POISON = "message_poison"
    PRODUCT_GONE = "product_gone"
    CALENDAR_DRIFT = "calendar_drift"
    OTA_SYNC_ERROR = "ota_sync_error"
    UNACKNOWLEDGED = "unacknowledged"
    CHANNEL_REMOVAL = "channel_removal"
    WEBHOOK_UNREADABLE = "webhook_unreadable"
    BOOKING_GONE = "booking_gone"
    LOGIN_UNUSED = "login_unused"
    RESERVATION_REFUSED = "reservation_refused"
