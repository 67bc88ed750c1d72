"""One night of one plan, changed from its panel."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portal import tenancy
from portal.services import properties, rates
from tests.factories import charlies_house, make_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.wires import Wired, alice, inside, text, viewer, wire

NIGHT = date(2031, 5, 12)
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.usefixtures("db", "redis")


def cell(wired: Wired) -> Any:
    with inside(wired):
        return rates.calendar(wired.house.property_id, NIGHT, NIGHT, [wired.plan])[wired.plan][NIGHT]


def form_of(client: Any, wired: Wired) -> dict[str, str]:
    """What the form of the night would send if nobody touched it: no box of the night is ticked, no button pressed."""
    page = client.get(wired.url(f"rates/trace?kind=rates&subject={wired.plan}&night={NIGHT}")).text
    form = page.partition('id="night-edit"')[2].partition("</form>")[0]
    found = dict(re.findall(r'<input[^>]*? name="([a-z_]+)"[^>]*? value="([^"]*)"', form))
    ticks = ("closed_to_arrival", "closed_to_departure", "stop_sell")
    return {name: value for name, value in found.items() if name not in ticks}


def post(client: Any, wired: Wired, form: dict[str, str], **changes: str) -> Any:
    return client.post(wired.url("rates/night"), data={**form, **changes})


def test_a_price_is_saved_and_the_page_of_the_night_follows(client):
    wired = wire()
    sign_in(client, alice(wired))

    answer = post(client, wired, form_of(client, wired), rate="120.50", min_stay_arrival="2", closed_to_departure="1")

    assert answer.status_code == 303 and "/rates/trace?" in answer.location
    now = cell(wired)
    assert (now.rate, now.min_stay_arrival, now.closed_to_departure) == (Decimal("120.50"), 2, True)


def test_htmx_gets_the_panel_anew_with_the_cell_for_the_grid(client):
    wired = wire()
    sign_in(client, alice(wired))
    form = {**form_of(client, wired), "rate": "120"}

    page = text(client.post(wired.url("rates/night"), data=form, headers=HTMX))

    assert page.startswith('<article id="night-trace"') and "Saved." in page
    assert 'data-cell="/p/' in page and "120.00" in page


def test_the_second_of_two_people_sees_the_first_ones_value_and_chooses(client):
    wired = wire()
    sign_in(client, alice(wired))
    both_saw = form_of(client, wired)
    post(client, wired, both_saw, rate="130")

    answer = post(client, wired, both_saw, rate="140")

    page = text(answer).replace("\N{NO-BREAK SPACE}", " ")
    assert answer.status_code == 422
    assert "This night was changed while you looked at it" in page and "EUR 130.00" in page
    assert "Alice Marques" in page and 'value="140"' in page
    assert cell(wired).rate == 130
    again = form_of(client, wired)
    assert post(client, wired, again, rate="140").status_code == 303 and cell(wired).rate == 140


def test_a_slip_of_the_decimal_point_is_asked_about_and_saved_by_who_means_it(client):
    wired = wire()
    sign_in(client, alice(wired))
    form = form_of(client, wired)

    asked = post(client, wired, form, rate="10")
    sure = re.search(r'name="sure" value="([^"]+)"', asked.text)

    assert asked.status_code == 422 and "is the decimal point in its place?" in text(asked)
    assert "Save all the same" in text(asked) and cell(wired).rate == 100
    assert post(client, wired, form, rate="10", sure=sure[1]).status_code == 303
    assert cell(wired).rate == 10


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rate": "USD 120"}, "The prices of this property are in EUR, not in USD."),
        ({"rate": "120.505"}, "EUR has 2 decimals."),
        ({"rate": "1,250"}, "Write the amount in digits with a point, like 1250.00."),
        ({"rate": "0"}, "A price is above zero."),
        ({"min_stay_arrival": "0"}, "A length of stay is a whole number from 1 to 999."),
        ({"max_stay": "1000"}, "A length of stay is a whole number from 0 to 999."),
        ({"min_stay_through": "4", "max_stay": "2"}, "nobody could book it"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_input_stays(client, changes, sentence):
    wired = wire()
    sign_in(client, alice(wired))

    answer = post(client, wired, form_of(client, wired), **changes)

    assert answer.status_code == 422 and sentence in text(answer)
    assert all(f'value="{value}"' in answer.text for value in changes.values())
    assert cell(wired).rate == 100


@pytest.mark.parametrize(("currency", "rate", "shown"), [("JPY", "12345", "12,345"), ("KWD", "45.125", "45.125")])
def test_a_price_is_exact_in_yen_and_dinar(client, currency, rate, shown):
    house = make_house("Hana", currency=currency, timezone="Asia/Tokyo", country="JP")
    plan = make_rate_plan(make_room_type(house.property), rate="11000" if currency == "JPY" else "40").id
    sign_in(client, house.owner)
    here = f"/p/{house.property_id}/rates/trace?kind=rates&subject={plan}&night={NIGHT}"
    stamp = re.search(r'name="shown" value="([^"]+)"', client.get(here).text)[1]
    sent = {"kind": "rates", "subject": plan, "night": NIGHT, "shown": stamp, "rate": rate}

    client.post(f"/p/{house.property_id}/rates/night", data=sent)

    assert f"{currency}\N{NO-BREAK SPACE}{shown}" in client.get(here).text


def test_a_night_goes_back_to_what_the_rules_say(client):
    wired = wire()
    sign_in(client, alice(wired))
    post(client, wired, form_of(client, wired), rate="120", max_stay="5")

    assert post(client, wired, form_of(client, wired), reset="1").status_code == 303

    assert (cell(wired).rate, cell(wired).max_stay) == (100, 0)


def test_who_may_only_look_gets_no_form_and_a_night_that_is_over_has_none(client):
    wired = wire()
    with inside(wired):
        yesterday = properties.today(properties.find(wired.house.property_id)).replace(year=2020)
    trace = wired.url(f"rates/trace?kind=rates&subject={wired.plan}&night=")
    sign_in(client, viewer(wired))
    looked = client.get(trace + str(NIGHT))
    sign_in(client, alice(wired))

    assert "night-edit" not in looked.text
    assert "night-edit" in client.get(trace + str(NIGHT)).text
    assert "night-edit" not in client.get(trace + str(yesterday)).text


def test_charlie_changes_no_night_of_alices(client):
    wired, charlie = wire(), charlies_house()
    sign_in(client, charlie.owner)
    sent = {"kind": "rates", "subject": wired.plan, "night": NIGHT, "shown": "", "rate": "1"}

    assert client.post(wired.url("rates/night"), data=sent).status_code == 404
    assert client.post(f"/p/{charlie.property_id}/rates/night", data=sent).status_code == 404
    with tenancy.of(wired.house.organization_id):
        assert cell(wired).rate == 100
