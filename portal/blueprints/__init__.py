"""HTTP in, HTML out: one file per noun. A new one is added to the list below."""

from __future__ import annotations

from flask import Flask

from portal.blueprints import (
    admin,
    auth,
    blocks,
    booking_imports,
    calendar,
    channel_limits,
    channel_settings,
    channel_setup,
    connections,
    guest,
    guests,
    health,
    history,
    invitations,
    mappings,
    members,
    onboarding_live,
    overview,
    proof,
    rate_edits,
    rate_plan_life,
    rate_plans,
    rates,
    recovery,
    reservation_changes,
    reservation_pushes,
    reservation_sales,
    reservation_steps,
    reservations,
    room_types,
    rooms,
    second_step,
    sign_in_codes,
    sign_up,
    switch,
    vendor,
    verification,
    webhook_events,
    webhooks,
)
from portal.extensions import csrf

BLUEPRINTS = (
    auth.bp,
    sign_up.bp,
    verification.bp,
    recovery.bp,
    second_step.bp,
    proof.bp,
    members.bp,
    invitations.bp,
    switch.bp,
    onboarding_live.bp,
    overview.bp,
    calendar.bp,
    reservations.bp,
    guests.bp,
    rates.bp,
    rate_edits.bp,
    rate_plan_life.bp,
    rate_plans.bp,
    rooms.bp,
    blocks.bp,
    booking_imports.bp,
    room_types.bp,
    connections.bp,
    sign_in_codes.bp,
    channel_settings.bp,
    channel_setup.bp,
    guest.bp,
    mappings.bp,
    channel_limits.bp,
    history.bp,
    webhook_events.bp,
    admin.bp,
    vendor.bp,
    health.bp,
    webhooks.bp,
)
# More routes of the reservations' blueprint: to be imported is all they need.
RESERVATION_ROUTES = (reservation_sales, reservation_changes, reservation_steps, reservation_pushes)
# Programs post these; they prove themselves by a secret, not by a form of ours.
WITHOUT_FORMS = (webhooks.bp,)


def register(app: Flask) -> None:
    for each in BLUEPRINTS:
        app.register_blueprint(each)
    for each in WITHOUT_FORMS:
        csrf.exempt(each)
