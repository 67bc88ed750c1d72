"""No card number leaves a connector."""

from __future__ import annotations

import json
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.cards import mask_cards, strip_cards


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "************1111"),
        ("card 4111 1111 1111 1111 exp 12/28", "card ************1111 exp 12/28"),
        ("4111-1111-1111-1111", "************1111"),
        ("4111111111111111 12/28", "************1111 12/28"),
        ("amex 3782 822463 10005", "amex ***********0005"),
        ("PAN4111111111111111x", "PAN************1111x"),
        ("two 4111111111111111 and 5555 5555 5555 4444", "two ************1111 and ************4444"),
        ("2223 0031 2200 3222", "************3222"),
        ("cvv: 123", "cvv: ***"),
        ("CVC2 1234, thanks", "CVC2 ***, thanks"),
        (
            '{"cvv":"123","cardholder_name":"ANA PROVA","amount":36108}',
            '{"cvv":"***","cardholder_name":"***","amount":36108}',
        ),
        ('{\\"card_number\\": \\"4111111111111111\\"}', '{\\"card_number\\": \\"***\\"}'),
    ],
)
def test_card_numbers_and_codes_in_text_are_masked(text, masked):
    assert mask_cards(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the check digit is wrong
        "+44 7700 900123",
        "2026-11-10 - 2026-11-12",
        "2026-11-10 2026-11-12",
        "2026-09-22T10:19:36.251613",
        "41111111-1111-4111-8111-411111111111",
        "1234567890123",
        "",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert mask_cards(text) == text


@pytest.mark.parametrize(
    "text", ["\\" * 300_000 + '"', '"cvv' * 100_000, '"cvv":' + " " * 300_000, "4 " * 200_000, "4" * 500_000]
)
def test_a_text_made_to_be_slow_is_read_in_passing(text):
    started = monotonic()

    mask_cards(text)

    assert monotonic() - started < 10


def test_named_fields_go_at_any_depth_and_references_stay():
    message = {
        "ota_reservation_code": "4111111111111111",
        "guarantee": {
            "card_number": "411111******1111",
            "cvv": "***",
            "cardholder_name": "ANA",
            "card_type": "VI",
            "expiration_date": "10/2028",
        },
        "deep": [{"Card_Number": 4111111111111111, "n": 4111111111111111, "phone": "4111 1111 1111 1111"}],
    }

    assert strip_cards(message) == {
        "ota_reservation_code": "4111111111111111",
        "guarantee": {"card_type": "VI", "expiration_date": "10/2028"},
        "deep": [{"n": "************1111", "phone": "************1111"}],
    }


def _with_check_digit(digits: str) -> str:
    total = sum(int(d) * 2 - 9 * (d > "4") for d in digits[-1::-2]) + sum(int(d) for d in digits[-2::-2])
    return digits + str(-total % 10)


cards = (
    st.integers(11, 17)
    .flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
    .map(lambda rest: _with_check_digit("4" + rest))
)
words = st.text("abc ,;:.", max_size=10)


@given(
    before=words, card=cards, after=words, every=st.integers(2, 6), separator=st.sampled_from(["", " ", "-", "\u00a0"])
)
def test_no_card_number_survives_in_any_grouping(before, card, after, every, separator):
    written = separator.join(card[start : start + every] for start in range(0, len(card), every))

    masked = mask_cards(f"{before}{written}{after}")

    assert written not in masked and card not in masked


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_stripping_twice_changes_nothing_more(value):
    once = strip_cards(value)

    assert strip_cards(once) == once
    assert json.loads(json.dumps(once)) == once
