"""Who a guest is: keys that recognise the same person again, and what their newest message adds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import phonenumbers

# Domains under which OTAs hand out one throw-away address per booking. It reaches the guest for a
# while and then nobody: an address to write to, never a sign of who somebody is. Subdomains count too.
# Booking.com: https://partner.booking.com/en-gb/help/reservations/communicate-guests/messaging-privacy-bookingcom
ALIAS_DOMAINS = frozenset(
    {
        "guest.booking.com",
        "m.expediapartnercentral.com",  # Expedia, also for Hotels.com
        "guest.airbnb.com",
        "host.airbnb.com",
        "agoda-messaging.com",
        "messages.homeaway.com",  # Vrbo
    }
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LONGEST_EMAIL = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
_LONGEST_NAME = 500  # characters read of a name; a megabyte of it is an attack, not a guest
_FIRST_IDEOGRAPH = "\u2e80"


def is_alias(email: str) -> bool:
    """Say whether an OTA made this address up for one booking."""
    host = "." + email.strip().casefold().rpartition("@")[2]
    return any(host.endswith("." + domain) for domain in ALIAS_DOMAINS)


def email_identity(email: str | None) -> str | None:
    """Return the form of an e-mail address that is the same however it was typed.

    None when there is no address, when it is not one, and when it is an OTA's alias.
    """
    text = unicodedata.normalize("NFC", (email or "").strip().casefold())
    if len(text) > _LONGEST_EMAIL or not text.isprintable() or not _EMAIL.fullmatch(text) or is_alias(text):
        return None
    return text


def phone_identity(phone: str | None, country: str | None = None) -> str | None:
    """Return the number in E.164 (`+358405550101`), or None when it cannot be one.

    `country` (ISO 3166-1 alpha-2) reads numbers written without a country code. Lengths are checked,
    ranges are not: the tables of ranges lag behind what operators hand out. A number of one repeated
    digit is what people type to get past a form, and identifies nobody.
    """
    try:
        number = phonenumbers.parse((phone or "").strip(), (country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return None
    # A number that works only within its town ("555-0123") is possible too, but names a different person in each.
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or len(set(str(number.national_number))) == 1:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name_tokens(name: str | None) -> frozenset[str]:
    """Return the words of a name without case and accents, in no order: `{"jose", "garcia"}`.

    Single letters are initials and left out; a single ideograph is a word.
    """
    letters = "".join(
        character if unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "Mc" else " "
        for character in unicodedata.normalize("NFKD", (name or "")[:_LONGEST_NAME].casefold())
        if unicodedata.category(character) != "Mn"
    )
    return frozenset(word for word in letters.casefold().split() if len(word) >= 2 or word >= _FIRST_IDEOGRAPH)


def merge_contact(existing: Mapping[str, str | None], incoming: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the guest's contact after a newer message: what it says wins, what it leaves empty stays.

    Keys are those of our guest (`name`, `email`, `phone` …). An alias under `email` never takes the
    place of a real address.
    """
    merged = dict(existing)
    for field, value in incoming.items():
        known = (merged.get(field) or "").strip()
        if not (value or "").strip():
            merged.setdefault(field, None)
        elif not (field == "email" and known and is_alias(value or "") and not is_alias(known)):
            merged[field] = value
    return merged
