"""What the desk still has to do at the OTA by hand, in words: nothing we do here cancels or reports anything there."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext

from portal.domain.channels import DIRECT, OFFLINE, channel
from portal.domain.reservations import Source
from portal.models import Reservation


def of_an_ota(reservation: Reservation) -> bool:
    """Whether somebody else holds this booking too, and is not told of what we do with it."""
    return reservation.source is Source.OTA and reservation.channel not in (DIRECT, OFFLINE)


def cancelling(reservation: Reservation) -> Sequence[str]:
    """The steps that end the booking where it was sold; none for a booking of our own."""
    if not of_an_ota(reservation):
        return ()
    said = {"name": channel(reservation.channel).name, "code": reservation.code}
    return (
        gettext("Open the booking %(code)s in the extranet of %(name)s.", **said),
        gettext("Ask for the cancellation there, or ask the guest to cancel it there. Only that ends it at %(name)s, "
                "with its own fees and mails.", **said),
        gettext("When %(name)s has cancelled it, its message arrives here by itself and changes nothing more.", **said),
    )  # fmt: skip


def no_show(reservation: Reservation) -> Sequence[str]:
    """How a no-show is reported where it was sold; none for a booking of our own."""
    if not of_an_ota(reservation):
        return ()
    said = {"name": channel(reservation.channel).name, "code": reservation.code}
    last = gettext("Without that, %(name)s counts the stay as kept and asks for its commission.", **said)
    if reservation.channel == "BDC":
        when = gettext("From midnight of the day of arrival until 48 hours later: mark %(code)s as a no-show in the "
                       "extranet of %(name)s.", **said)  # fmt: skip
    else:
        when = gettext("Report the no-show of %(code)s in the extranet of %(name)s.", **said)
    return (when, last)
