"""Prices, lengths of stay and closings as people type them, with the currency they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext, lazy_gettext
from marshmallow import ValidationError, fields

from portal.domain.money import exponent, parse_amount

LONGEST_STAY = 999
STAYS = ("min_stay_arrival", "min_stay_through", "max_stay")
CLOSINGS = ("closed_to_arrival", "closed_to_departure", "stop_sell")
_CODE = re.compile(r"([A-Za-z]{3})\s*(.*)|(.*?)\s*([A-Za-z]{3})")


def read_price(text: str, currency: str, *, signed: bool = False) -> Decimal:
    """An amount as it was typed: `120`, `120.50`, `EUR 120`. Raises ValidationError in words."""
    plain = text.strip().replace("\N{NO-BREAK SPACE}", " ")
    match = _CODE.fullmatch(plain)
    if match:
        code = (match[1] or match[4]).upper()
        if code != currency:
            raise ValidationError(gettext("The prices of this property are in %(currency)s, not in %(code)s.",
                                          currency=currency, code=code))  # fmt: skip
        plain = (match[2] if match[1] else match[3]).strip()
    try:
        return parse_amount(plain, currency, signed=signed)
    except ValueError:
        pass
    decimals = exponent(currency)
    if re.fullmatch(r"-?[0-9]+\.[0-9]+", plain) and len(plain.partition(".")[2]) > decimals:
        raise ValidationError(
            gettext("%(currency)s has no decimals.", currency=currency)
            if decimals == 0
            else gettext("%(currency)s has %(num)d decimals.", currency=currency, num=decimals)
        )
    raise ValidationError(
        gettext("Write the amount in digits with a point, like %(example)s.", example="1250" + ".000"[: decimals + 1])
        if decimals
        else gettext("Write the amount in digits, like %(example)s.", example="1250")
    )


class Price(fields.Field[Decimal | None]):
    """A price in the property's currency; an empty field is none."""

    def __init__(self, currency: str, *, signed: bool = False, **more: Any) -> None:
        super().__init__(load_default=None, **more)
        self.currency, self.signed = currency, signed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        text = str(value).strip()
        return read_price(text, self.currency, signed=self.signed) if text else None


class Stay(fields.Field[int | None]):
    """A number of nights; an empty field is none."""

    def __init__(self, least: int = 1, **more: Any) -> None:
        super().__init__(load_default=None, **more)
        self.least = least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        text = str(value).strip()
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) < self.least:
            raise ValidationError(
                gettext(
                    "A length of stay is a whole number from %(least)d to %(most)d.",
                    least=self.least,
                    most=LONGEST_STAY,
                )
            )
        return int(text)


class Closing(fields.Field[bool | None]):
    """Yes, no, or nothing said."""

    def __init__(self) -> None:
        super().__init__(load_default=None)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool | None:
        said: Mapping[str, bool | None] = {"": None, "1": True, "yes": True, "0": False, "no": False}
        if value not in said:
            raise ValidationError(lazy_gettext("Choose one of the list."))
        return said[value]


def stay_fields() -> dict[str, Any]:
    return {name: Stay(0 if name == "max_stay" else 1) for name in STAYS}


def closing_fields() -> dict[str, Any]:
    return {name: Closing() for name in CLOSINGS}
