"""The words of webhook events: what they are about, how far they got, what they made us do."""

from __future__ import annotations

from flask_babel import lazy_gettext

from portal.web.vocabulary import Words

STATES: Words = {
    "received": lazy_gettext("Waiting"),
    "processed": lazy_gettext("Done"),
    "ignored": lazy_gettext("Nothing to do"),
    "failed": lazy_gettext("Not understood"),
}
KINDS: Words = {
    "booking": lazy_gettext("Booking"),
    "unacked": lazy_gettext("Booking not confirmed yet"),
    "channel": lazy_gettext("OTA switched or changed"),
    "ari": lazy_gettext("Calendar changed there"),
    "sync_error": lazy_gettext("OTA refused something"),
    "removal_warning": lazy_gettext("Removal announced"),
    "other": lazy_gettext("Something else"),
}
ROUTES: Words = {
    "global": lazy_gettext("the installation's address, found by the property it names"),
    "connection": lazy_gettext("the connection's own address"),
}
DID: Words = {
    "created": lazy_gettext("Made a reservation"),
    "changed": lazy_gettext("Changed a reservation"),
    "cancelled": lazy_gettext("Cancelled a reservation"),
    "nothing": lazy_gettext("Said nothing new"),
    "older": lazy_gettext("Was older than what was known, and changed nothing"),
    "repeat": lazy_gettext("Repeated a message, and changed nothing"),
    "tombstone": lazy_gettext("Cancelled a booking that had not come yet"),
    "kept": lazy_gettext("Was kept; the booking message waits its turn"),
    "looked": lazy_gettext("Made us look; there was nothing new"),
    "asked_channels": lazy_gettext("Made us ask how the OTAs are"),
    "opened_incident": lazy_gettext("Opened a problem for you to see"),
    "forgot_nights": lazy_gettext("Made us send the changed nights again"),
}
MESSAGE_STATES: Words = {
    "received": lazy_gettext("waits to be applied"),
    "applied": lazy_gettext("applied"),
    "history": lazy_gettext("kept as history; it changed nothing"),
    "quarantined": lazy_gettext("set aside; a person has to look at it"),
}
