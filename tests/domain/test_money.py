from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import exponent, from_minor, parse_amount, quantize, split, to_minor, wire

currencies = st.sampled_from(["EUR", "JPY", "KWD", "USD", "CLF"])
minor_units = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3), ("RSD", 2), ("IQD", 3)],
)
def test_a_currency_has_its_own_decimals(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["", "EURO", "eur", "QQQ", "€"])
def test_what_is_no_currency_is_refused(currency):
    with pytest.raises(ValueError, match="currency"):
        exponent(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("2.675", "EUR", "2.68"),
        ("-0.005", "EUR", "-0.01"),
        ("-0.004", "EUR", "0.00"),
        ("99.5", "JPY", "100"),
        ("1.0005", "KWD", "1.001"),
        ("1E+2", "EUR", "100.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount, currency, rounded):
    assert str(quantize(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match="amount"):
        quantize(Decimal(amount), "EUR")


@given(minor_units, currencies)
def test_minor_units_there_and_back_change_nothing(minor, currency):
    assert to_minor(from_minor(minor, currency), currency) == minor


@given(minor_units, st.integers(1, 400), currencies)
def test_the_parts_of_a_total_add_up_and_differ_by_one_unit_at_most(minor, parts, currency):
    total = from_minor(minor, currency)

    shares = split(total, parts, currency)

    assert len(shares) == parts
    assert sum(shares) == total
    assert to_minor(max(shares), currency) - to_minor(min(shares), currency) <= 1
    assert shares == sorted(shares, reverse=True)


def test_a_total_cannot_be_split_into_no_parts():
    with pytest.raises(ValueError, match="one part"):
        split(Decimal(1), 0, "EUR")


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("1250.00", "EUR", "1250.00"), ("12", "JPY", "12"), ("1.5", "EUR", "1.50"), ("0", "EUR", "0.00")],
)
def test_a_plain_amount_is_read(text, currency, amount):
    assert str(parse_amount(text, currency)) == amount


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "1e400",
        "1E2",
        "-0",
        "-0.00",
        "-5",
        "+5",
        "1_000",
        "1,000.00",
        "12,50",
        " 12",
        "12.",
        ".5",
        "١٢",
        "12.345",
        "9" * 5000,
        "",
        None,
        12,
        True,
    ],
)
def test_what_is_not_a_plain_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"amount|decimals"):
        parse_amount(text, "EUR")


def test_yen_have_no_decimals():
    with pytest.raises(ValueError, match="JPY has 0 decimals"):
        parse_amount("12.0", "JPY")


def test_a_discount_may_be_negative_where_one_is_asked_for():
    assert parse_amount("-5.00", "EUR", signed=True) == Decimal("-5.00")
    with pytest.raises(ValueError, match="negative"):
        parse_amount("-0", "EUR", signed=True)


@given(st.integers(min_value=1, max_value=10**12 - 1), currencies)
def test_what_goes_over_the_wire_is_read_back_exactly(minor, currency):
    amount = from_minor(minor, currency)

    assert parse_amount(wire(amount, currency), currency, signed=True) == amount


def test_the_wire_shows_all_decimals_and_no_exponent():
    assert wire(Decimal("1E+5"), "EUR") == "100000.00"
    assert wire(Decimal("0.1") + Decimal("0.2"), "EUR") == "0.30"
    assert wire(Decimal("1200"), "JPY") == "1200"
    assert wire(Decimal("-0.001"), "EUR") == "0.00"
