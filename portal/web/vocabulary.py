"""The words for what our rows hold, one dictionary a kind. `web.words` speaks them; a new state gets its words here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

Words = Mapping[str, Any]

STATUSES: Words = {
    "pending": lazy_gettext("Pending"),
    "confirmed": lazy_gettext("Confirmed"),
    "in_house": lazy_gettext("In house"),
    "checked_out": lazy_gettext("Checked out"),
    "cancelled": lazy_gettext("Cancelled"),
    "no_show": lazy_gettext("No show"),
}
SOURCES: Words = {
    "ota": lazy_gettext("sold by an OTA"),
    "direct": lazy_gettext("sold directly"),
    "walk_in": lazy_gettext("walked in"),
    "phone": lazy_gettext("sold on the phone"),
    "import": lazy_gettext("imported"),
}
PROVIDERS: Words = {"channex": "Channex", "beds24": "Beds24"}
CONNECTION_STATES: Words = {
    "setting_up": lazy_gettext("Setting up"),
    "active": lazy_gettext("Active"),
    "paused": lazy_gettext("Paused"),
    "closing": lazy_gettext("Closing: its last nights are being taken off sale"),
    "broken": lazy_gettext("Broken"),
    "disconnected": lazy_gettext("Disconnected"),
}
CHANNEL_STATES: Words = {
    "pending": lazy_gettext("Waiting for the OTA"),
    "connected": lazy_gettext("Connected"),
    "disconnected": lazy_gettext("Disconnected"),
    "error": lazy_gettext("In trouble"),
}
# What one message of a channel did to a reservation (`InboxMessage.outcome`).
OUTCOMES: Words = {
    "created": lazy_gettext("made the reservation"),
    "changed": lazy_gettext("changed the reservation"),
    "cancelled": lazy_gettext("cancelled the reservation"),
    "nothing": lazy_gettext("said nothing new"),
    "older": lazy_gettext("was older than what was known already, and changed nothing"),
    "repeat": lazy_gettext("repeated a message that was applied already"),
    "received": lazy_gettext("sent a message that waits to be applied"),
    "quarantined": lazy_gettext("sent a message that could not be applied and was set aside"),
    "tombstone": lazy_gettext("cancelled a booking that had not arrived yet; the booking will take no room"),
}
# How far a value of the calendar got (`grid.CellState`).
CELLS: Words = {
    "refused": lazy_gettext("refused"),
    "saved": lazy_gettext("saved, not accepted yet"),
    "accepted": lazy_gettext("accepted"),
    "seen": lazy_gettext("seen at the channel manager"),
    "nowhere": lazy_gettext("on no channel"),
}
# The provider's word on what one call carried (`Send.runs[].verdict`).
VERDICTS: Words = {
    "accepted": lazy_gettext("accepted"),
    "warned": lazy_gettext("refused with a warning"),
    "refused": lazy_gettext("refused"),
    "partly": lazy_gettext("partly accepted"),
    "failed": lazy_gettext("not delivered"),
    "unknown": lazy_gettext("sent, no answer"),
}
MERGE_RESULTS: Words = {
    "keep": lazy_gettext("ours stays"),
    "take": lazy_gettext("theirs was taken"),
    "agreed": lazy_gettext("both agree"),
    "conflict": lazy_gettext("waits for you; ours stays meanwhile"),
}
MERGE_REASONS: Words = {
    "they_changed": lazy_gettext("only the channel changed it"),
    "we_changed": lazy_gettext("only we changed it"),
    "same_on_both_sides": lazy_gettext("both sides made the same change"),
    "policy": lazy_gettext("both sides changed it, and the house has a rule for this field"),
    "within_tolerance": lazy_gettext("the amounts differ by less than 5 %"),
    "newer": lazy_gettext("of two contacts the newer one counts"),
    "joined": lazy_gettext("both sides wrote notes, so both are kept"),
    "unknown_here": lazy_gettext("it was unknown here"),
    "unknown_there": lazy_gettext("the channel does not know it"),
    "alias_address": lazy_gettext("the channel sent one of its own relay addresses"),
    "further_along": lazy_gettext("the stay is further along than the channel can know"),
    "cancelled_here": lazy_gettext("cancelled here, still active at the channel"),
    "guest_arrived": lazy_gettext("cancelled at the channel, but the guest is in the house"),
    "cancelled_there": lazy_gettext("the booking was cancelled, so the rest no longer matters"),
    "part_of_the_stay": lazy_gettext("it belongs to dates or a room type that wait for a decision"),
}
CONFLICTS: Words = {
    "TIMESTAMP": lazy_gettext("Two changes at the same time"),
    "STATUS": lazy_gettext("The two sides disagree on the status"),
    "DATE": lazy_gettext("The two sides disagree on the dates"),
    "AMOUNT": lazy_gettext("The two sides disagree on the amount"),
    "ROOM": lazy_gettext("The two sides disagree on the room"),
    "GUEST": lazy_gettext("The two sides disagree on the guest's details"),
    "OVERBOOKING": lazy_gettext("Sold, but no room is free"),
    "UNMAPPED": lazy_gettext("Sold as a product nobody has mapped"),
    "CALENDAR": lazy_gettext("The calendars differ"),
}
FIELDS: Words = {
    "status": lazy_gettext("Status"),
    "check_in": lazy_gettext("Arrival"),
    "check_out": lazy_gettext("Departure"),
    "room": lazy_gettext("Room"),
    "room_id": lazy_gettext("Room"),
    "room_type": lazy_gettext("Room type"),
    "room_type_id": lazy_gettext("Room type"),
    "rate_plan": lazy_gettext("Rate plan"),
    "rate_plan_id": lazy_gettext("Rate plan"),
    "amount": lazy_gettext("Amount"),
    "occupancy": lazy_gettext("Guests"),
    "adults": lazy_gettext("Adults"),
    "children": lazy_gettext("Children"),
    "infants": lazy_gettext("Infants"),
    "notes": lazy_gettext("Notes"),
    "price_reason": lazy_gettext("Reason for the price"),
    "active": lazy_gettext("Booked"),
    "cancel_reason": lazy_gettext("Reason for the cancellation"),
    "guest_id": lazy_gettext("Guest"),
    "guest_name": lazy_gettext("Guest's name"),
    "guest_email": lazy_gettext("E-mail"),
    "guest_phone": lazy_gettext("Phone"),
    "name": lazy_gettext("Name"),
    "language": lazy_gettext("Language"),
    "country": lazy_gettext("Country"),
    "company": lazy_gettext("Company"),
    "state": lazy_gettext("Region"),
    "postal_code": lazy_gettext("Postal code"),
    "city": lazy_gettext("City"),
    "address": lazy_gettext("Address"),
    "phone": lazy_gettext("Phone"),
    "email": lazy_gettext("E-mail"),
    "base_rate": lazy_gettext("Base price"),
    "rate": lazy_gettext("Price"),
    "floor": lazy_gettext("Lowest price"),
    "ceiling": lazy_gettext("Highest price"),
    "derived_percent": lazy_gettext("Percent above the parent plan"),
    "derived_amount": lazy_gettext("Amount above the parent plan"),
    "min_stay_arrival": lazy_gettext("Minimum stay on arrival"),
    "min_stay_through": lazy_gettext("Minimum stay"),
    "max_stay": lazy_gettext("Maximum stay"),
    "closed_to_arrival": lazy_gettext("Closed to arrival"),
    "closed_to_departure": lazy_gettext("Closed to departure"),
    "stop_sell": lazy_gettext("Closed for sale"),
    "first_night": lazy_gettext("First night"),
    "last_night": lazy_gettext("Last night"),
    "weekdays": lazy_gettext("Days of the week"),
    "priority": lazy_gettext("Priority"),
    "version": lazy_gettext("Version"),
}
ACTIONS: Words = {
    "reservation.created": lazy_gettext("made the reservation"),
    "reservation.changed": lazy_gettext("changed the reservation"),
    "reservation.cancelled": lazy_gettext("cancelled the reservation"),
    "reservation.confirmed": lazy_gettext("confirmed the reservation"),
    "reservation.checked_in": lazy_gettext("checked the guest in"),
    "reservation.checked_out": lazy_gettext("checked the guest out"),
    "reservation.moved": lazy_gettext("moved the stay to another room"),
    "reservation.no_show": lazy_gettext("noted that the guest never came"),
    "reservation_push.asked": lazy_gettext("sent it to the channel manager again"),
    "reservation.taken_back": lazy_gettext("took the last step back"),
    "reservation.placed": lazy_gettext("found a room for the stay"),
    "reservation.unassigned": lazy_gettext("took the room off the stay"),
    "rates.changed": lazy_gettext("changed prices or restrictions"),
    "rates.rule_added": lazy_gettext("added a season"),
    "rates.rule_changed": lazy_gettext("changed a season"),
    "rates.rule_removed": lazy_gettext("removed a season"),
    "rate_plan.created": lazy_gettext("made the rate plan"),
    "rate_plan.changed": lazy_gettext("changed the rate plan"),
    "property.price_limits": lazy_gettext("changed the lowest and highest price of the house"),
    "rate_edit.applied": lazy_gettext("changed many nights at once"),
    "rate_edit.undone": lazy_gettext("undid a change of many nights"),
    "rate_plan.archived": lazy_gettext("archived the rate plan"),
    "rate_plan.restored": lazy_gettext("used the rate plan again"),
    "incident.resolved": lazy_gettext("marked a problem as solved"),
    "reservation.mapped": lazy_gettext("gave the booking the products it was sold as"),
    "mapping.applied": lazy_gettext("applied a mapping"),
    "mapping.undone": lazy_gettext("undid a change of the mapping"),
    "mapping.discarded": lazy_gettext("dropped a draft of the mapping"),
    "mapping.replay": lazy_gettext("asked for held bookings to be placed"),
    "message.replayed": lazy_gettext("applied a message again"),
    "channel_limit.set": lazy_gettext("limited what a channel is shown"),
    "channel_limit.ended": lazy_gettext("ended a limit of a channel"),
    "channel_limit.answered": lazy_gettext("had the answer to a limit of a channel"),
    "onboarding.begun": lazy_gettext("began to set a property up"),
    "onboarding.built": lazy_gettext("described the property, its rooms and prices"),
    "onboarding.route": lazy_gettext("chose how to connect"),
    "onboarding.activated": lazy_gettext("activated the property"),
    "onboarding.put_away": lazy_gettext("took the set-up off the list"),
    "connection.created": lazy_gettext("connected the property"),
    "connection.switched": lazy_gettext("turned a switch of the connection"),
    "connection.state": lazy_gettext("changed the state of the connection"),
    "connection.full_sync": lazy_gettext("asked for a full sync"),
    "connection.counting": lazy_gettext("had the channel manager leave counting rooms to us"),
    "connection.webhook": lazy_gettext("had the webhook registered anew"),
    "connection.group_associate": lazy_gettext("put the property into its group"),
    "connection.group_remove": lazy_gettext("took the property out of its group"),
    "channel.account": lazy_gettext("changed the hotel ID at an OTA"),
    "channel.done_there": lazy_gettext("said that the OTA was told"),
    "channel.accepted": lazy_gettext("noticed that the OTA says yes"),
    "channel.chosen": lazy_gettext("decided what an OTA sells"),
    "channel.connect": lazy_gettext("connected an OTA"),
    "channel.connected": lazy_gettext("switched an OTA on"),
    "channel.pause": lazy_gettext("paused an OTA"),
    "channel.resume": lazy_gettext("resumed an OTA"),
    "channel.disconnect": lazy_gettext("disconnected an OTA"),
    "channel.closed": lazy_gettext("took an OTA off sale and switched it off"),
    "channel.consent": lazy_gettext("asked for a link of an OTA"),
    "channel.frame": lazy_gettext("opened the channel manager's page"),
    "channel.ticked": lazy_gettext("ticked an item of an OTA's checklist"),
    "channel.switching": lazy_gettext("said whether the OTA comes from another channel manager"),
    "magic_link.made": lazy_gettext("made a link for a colleague"),
    "magic_link.opened": lazy_gettext("opened the link of a colleague"),
    "magic_link.revoked": lazy_gettext("ended the link of a colleague"),
    "webhook.replayed": lazy_gettext("read a delivery again"),
}
# Why values went out (`lanes.mark(cause=…)`); those that name a booking, a plan or a room speak for themselves.
CAUSES: Words = {
    "nightly prices": lazy_gettext("prices of single nights"),
    "bulk edit": lazy_gettext("a change of many nights"),
    "bulk edit undone": lazy_gettext("a change of many nights was undone"),
    "rooms changed": lazy_gettext("rooms added or taken away"),
    "drift found": lazy_gettext("the channel manager held something else"),
    "changed at the channel manager": lazy_gettext("changed at the channel manager"),
    "full sync": lazy_gettext("full sync"),
    "first mapping": lazy_gettext("the first mapping"),
    "sent again": lazy_gettext("sent again by a person"),
    "made anew": lazy_gettext("the product was made anew at the channel manager"),
}
# Why two guests may be one person (`domain.guest_hints.Reason`).
GUEST_HINTS: Words = {
    "same_email": lazy_gettext("the same e-mail address"),
    "same_phone": lazy_gettext("the same phone number"),
    "same_name": lazy_gettext("the same name"),
    "alike_name": lazy_gettext("almost the same name"),
    "same_stay": lazy_gettext("here in the same nights, or right after"),
}
# Who told us a value of a guest (`Guest.sources`).
GUEST_SOURCES: Words = {
    "channex": lazy_gettext("from the OTA, by way of Channex"),
    "beds24": lazy_gettext("from the OTA, by way of Beds24"),
    "desk": lazy_gettext("written down here"),
    "staff": lazy_gettext("written by hand here"),
}
HOUSEKEEPING: Words = {
    "clean": lazy_gettext("Clean"),
    "dirty": lazy_gettext("Dirty"),
    "out_of_order": lazy_gettext("Out of order"),
}
BLOCK_REASONS: Words = {
    "maintenance": lazy_gettext("Maintenance"),
    "out_of_order": lazy_gettext("Out of order"),
    "owner_use": lazy_gettext("Used by the owner"),
    "other": lazy_gettext("Something else"),
}
CHARGES: Words = {
    "tax": lazy_gettext("Tax"),
    "collected_tax": lazy_gettext("Tax collected by the channel"),
    "service": lazy_gettext("Service"),
    "deposit": lazy_gettext("Deposit"),
}
