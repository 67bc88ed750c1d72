"""The envelope, the meter and the errors, whatever is asked."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest

from providers.beds24.api import MOST_PAGES
from providers.dialect import Credits
from providers.errors import AuthFailed, Malformed, RateLimited, Rejected, Retryable
from tests.providers.beds24 import BASE, make_beds24, page, recorded, refusal

PROPERTIES = f"{BASE}/properties"
METER = {"x-five-min-limit-remaining": "87.4", "x-five-min-limit-resets-in": "212", "x-request-cost": "1.1"}


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        (METER, [Credits(Decimal("87.4"), 212.0, Decimal("1.1"))]),
        ({"X-Five-Min-Limit-Remaining": "0"}, [Credits(Decimal(0), None, None)]),
        ({"x-request-cost": "a lot", "x-five-min-limit-resets-in": "7.5"}, [Credits(None, 7.5, None)]),
        ({}, []),  # unknown, not zero
        ({"X-FiveMinCreditLimit-Remaining": "5", "X-RequestCost": "1"}, []),  # printed in its document, never sent
    ],
)
def test_the_meter_of_every_answer_is_passed_on(wire, headers, heard):
    wire.get(PROPERTIES, json=page(kind="property"), headers=headers)
    said: list[tuple[str, Credits]] = []

    make_beds24(observed=lambda bucket, credits: said.append((bucket, credits))).fetch_properties()

    assert said == [("credits", credits) for credits in heard]


@pytest.mark.parametrize(("headers", "wait"), [(METER, 212.0), ({}, 300.0), ({"x-five-min-limit-resets-in": "0"}, 1.0)])
def test_used_up_credits_wait_for_the_window_to_end(wire, headers, wait):
    wire.get(PROPERTIES, json=refusal("Credit limit exceeded", 429), status=429, headers=headers)
    blocked: list[tuple[str, float]] = []
    heard: list[Credits] = []

    with pytest.raises(RateLimited) as caught:
        make_beds24(
            limited=lambda bucket, seconds: blocked.append((bucket, seconds)),
            observed=lambda bucket, credits: heard.append(credits),
        ).fetch_properties()

    assert caught.value.retry_after == wait
    assert blocked == [("credits", wait)]
    assert len(heard) == (1 if headers else 0)
    assert len(wire.calls) == 1


def test_every_metered_call_takes_of_the_same_allowance_and_of_nothing_when_it_is_used_up():
    asked: list[str] = []

    def limiter(bucket: str) -> float:
        asked.append(bucket)
        return 42.0

    with pytest.raises(RateLimited) as caught:
        make_beds24(limiter=limiter).fetch_properties()

    assert (caught.value.retry_after, asked) == (42.0, ["credits"])


def test_a_call_is_made_in_its_turn_and_the_turn_given_back_when_it_fails(wire):
    wire.get(PROPERTIES, json=page(kind="property"))
    wire.get(PROPERTIES, body="<html>oops</html>", status=500)
    turns: list[str] = []

    @contextmanager
    def turn():
        turns.append("taken")
        try:
            yield
        finally:
            turns.append(f"given back after {len(wire.calls)}")

    beds24 = make_beds24(turn=turn)
    beds24.fetch_properties()
    with pytest.raises(Retryable):
        beds24.fetch_properties()

    assert turns == ["taken", "given back after 1", "taken", "given back after 2"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, refusal("Parameter arrivalFrom is in an invalid format."), Rejected, "arrivalFrom is in an invalid"),
        (400, {"success": False, "code": 400, "error": "Request body must be an array"}, Rejected, "must be an array"),
        (400, {"error": {"odd": 1}}, Rejected, "400"),
        (400, [], Rejected, "400"),
        (404, refusal("not found", 404), Rejected, "not found"),
        (500, "<html>", Retryable, "500"),
        (200, {"success": False, "type": "error", "code": 400, "error": "odd"}, Rejected, "odd"),
    ],
)
def test_a_refusal_is_told_in_beds24s_own_words(wire, status, body, kind, said):
    wire.get(PROPERTIES, status=status, **({"body": body} if isinstance(body, str) else {"json": body}))

    with pytest.raises(kind, match=said):
        make_beds24().fetch_properties()


def test_a_forbidden_call_is_an_error_of_rights(wire):
    wire.get(PROPERTIES, json=refusal("Forbidden", 403), status=403)
    wire.get(f"{BASE}/authentication/token", json={"token": "a2", "expiresIn": 86400})

    with pytest.raises(AuthFailed, match="scope"):
        make_beds24().fetch_properties()


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"success": True, "pages": {"nextPageExists": False}},
        {"success": True, "data": [], "pages": {}},
        {"success": True, "data": []},
        {"success": True, "data": ["x"], "pages": {"nextPageExists": False}},
        {"success": True, "data": {}, "pages": {"nextPageExists": False}},
    ],
)
def test_an_answer_that_is_no_list_is_no_empty_list(wire, body):
    wire.get(PROPERTIES, json=body)

    with pytest.raises(Malformed):
        make_beds24().fetch_properties()


def test_pages_are_counted_here_and_no_link_is_followed(wire):
    wire.get(PROPERTIES, json=page(recorded("property"), kind="property", more=True))
    wire.get(PROPERTIES, json=page(recorded("property") | {"id": 556}, kind="property"))

    found = make_beds24().fetch_properties()

    assert [one.external_id for one in found] == ["555", "556"]
    assert [call.request.params for call in wire.calls] == [{}, {"page": "2"}]


def test_a_walk_without_end_is_an_error_and_not_a_short_list(wire):
    wire.get(PROPERTIES, json=page(kind="property", more=True))

    with pytest.raises(Rejected, match="ask for less") as caught:
        make_beds24().fetch_properties()

    assert caught.value.code == "too_many"
    assert len(wire.calls) == MOST_PAGES
