"""A rate plan's page: base price, limits, seasons and weekends."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.services import properties, rates
from tests.factories import charlies_house
from tests.people import sign_in
from tests.wires import Wired, alice, inside, text, viewer, wire

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture
def wired(client) -> Wired:
    wired = wire()
    sign_in(client, alice(wired))
    return wired


def page_of(wired: Wired) -> str:
    return wired.url(f"rates/plans/{wired.plan}")


def shown(client: Any, wired: Wired) -> str:
    return re.search(r'name="shown" value="([^"]*)"', client.get(page_of(wired)).text)[1]


def price(wired: Wired, number: int) -> Decimal:
    with inside(wired):
        night = properties.today(properties.find(wired.house.property_id)) + timedelta(days=number)
        return rates.calendar(wired.house.property_id, night, night)[wired.plan][night].rate


def season(wired: Wired, first: int, last: int, **fields: Any) -> dict[str, Any]:
    with inside(wired):
        today = properties.today(properties.find(wired.house.property_id))
    span = {"first_night": today + timedelta(days=first), "last_night": today + timedelta(days=last)}
    return {"name": "Fair", **span, "weekday": list("0123456"), **fields}


def test_the_base_price_of_a_plan_is_set_from_its_page(client, wired):
    answer = client.post(page_of(wired), data={"shown": shown(client, wired), "base_rate": "120", "floor": "80"})

    assert answer.status_code == 303 and price(wired, 3) == 120
    assert "EUR\N{NO-BREAK SPACE}120.00" in client.get(wired.url("rates/plans")).text


def test_a_plan_somebody_changed_meanwhile_is_shown_again(client, wired):
    both_saw = shown(client, wired)
    client.post(page_of(wired), data={"shown": both_saw, "base_rate": "120"})

    answer = client.post(page_of(wired), data={"shown": both_saw, "base_rate": "140"})

    assert answer.status_code == 422 and "changed while you looked" in text(answer) and price(wired, 3) == 120


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"base_rate": "70", "floor": "80"}, "below the lowest one"),
        ({"base_rate": "100", "floor": "200", "ceiling": "100"}, "The lowest price is above the highest one."),
        ({"base_rate": "100", "min_stay_through": "5", "max_stay": "3"}, "longer than the maximum stay"),
        ({"base_rate": "GBP 100"}, "are in EUR, not in GBP"),
    ],
)
def test_terms_that_cannot_be_are_refused_and_stay_in_the_form(client, wired, fields, sentence):
    answer = client.post(page_of(wired), data={"shown": shown(client, wired), **fields})

    assert answer.status_code == 422 and sentence in text(answer)
    assert f'value="{fields["base_rate"]}"' in answer.text and price(wired, 3) == 100


def test_a_season_is_added_changed_and_removed(client, wired):
    client.post(f"{page_of(wired)}/seasons", data=season(wired, 1, 5, rate="150", min_stay_arrival="2"))
    assert [price(wired, number) for number in (0, 1, 5, 6)] == [100, 150, 150, 100]
    where = re.search(r'href="([^"]+/seasons/[^"#]+)#season"', client.get(page_of(wired)).text)[1]

    assert 'value="150.00"' in client.get(where).text
    client.post(where, data=season(wired, 3, 6, rate="160"))
    assert [price(wired, number) for number in (1, 3, 6)] == [100, 160, 160]
    client.post(f"{where}/remove")
    assert price(wired, 3) == 100
    assert client.get(where).status_code == 404


def test_seasons_that_are_over_are_folded_away(client, wired):
    client.post(f"{page_of(wired)}/seasons", data=season(wired, -9, -2, rate="150", name="Last week"))
    client.post(f"{page_of(wired)}/seasons", data=season(wired, -9, 0, rate="160", name="Until tonight"))

    coming, _, over = text(client.get(page_of(wired))).partition("1 season is over</summary>")

    assert "Until tonight" in coming and "Last week" not in coming
    assert "Last week" in over.partition("</details>")[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rate": ""}, "A rule says something about the price or the stay."),
        ({"weekday": []}, "A rule is for at least one day of the week."),
        ({"first_night": ""}, "This is needed."),
        ({"last_night": "2020-01-01"}, "A season ends on its first night or later."),
    ],
)
def test_a_season_that_cannot_be_is_refused_in_words(client, wired, changes, sentence):
    answer = client.post(f"{page_of(wired)}/seasons", data={**season(wired, 1, 5, rate="150"), **changes})

    assert answer.status_code == 422 and sentence in text(answer) and price(wired, 3) == 100


def test_the_limits_of_the_house_are_set_and_may_not_cross(client, wired):
    url = wired.url("rates/plans/limits")

    wrong = client.post(url, data={"floor": "90", "ceiling": "80"})
    client.post(url, data={"floor": "80", "ceiling": "900"})

    assert wrong.status_code == 422 and "above the highest one" in text(wrong)
    assert 'value="80.00"' in client.get(wired.url("rates/plans")).text


def test_who_may_only_look_gets_no_form(client, wired):
    sign_in(client, viewer(wired))

    assert "Save the plan" not in client.get(page_of(wired)).text
    assert client.post(page_of(wired), data={"base_rate": "1"}).status_code == 403


def test_charlie_finds_no_plan_of_alices(client, wired):
    charlie = charlies_house()
    sign_in(client, charlie.owner)
    his = f"/p/{charlie.property_id}/rates/plans/{wired.plan}"

    assert client.get(page_of(wired)).status_code == client.get(his).status_code == 404
    assert client.post(his, data={"base_rate": "1"}).status_code == 404
    assert client.post(f"{his}/seasons", data=season(wired, 1, 2, rate="1")).status_code == 404
    assert price(wired, 1) == 100
