"""The words for what an edit of prices may bring up."""

from __future__ import annotations

from flask_babel import lazy_gettext

from portal.web.vocabulary import Words

# Why a value is looked at twice (`domain.rate_edits.Concern`).
CONCERNS: Words = {
    "not_positive": lazy_gettext("The price is not above zero."),
    "no_price": lazy_gettext("There is no price: such a night cannot be sold."),
    "stay_too_short": lazy_gettext("A stay has at least one night."),
    "minimum_over_maximum": lazy_gettext("The minimum stay is longer than the maximum stay: nobody could book it."),
    "channel_cannot": lazy_gettext("A channel manager of this plan cannot take this value."),
    "below_floor": lazy_gettext("The price is below the lowest one allowed."),
    "above_ceiling": lazy_gettext("The price is above the highest one allowed."),
    "falls_far": lazy_gettext("The price falls to a seventh or less: is the decimal point in its place?"),
    "rises_far": lazy_gettext("The price rises seven times or more: is the decimal point in its place?"),
    "closes_everything": lazy_gettext("After this nothing of the property is for sale that night."),
}
