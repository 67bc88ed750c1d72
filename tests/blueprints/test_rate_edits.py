"""Many nights at once, by the pages: lines, preview, apply, progress, undo. Every form a plain POST."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal import tenancy
from portal.services import properties, rates
from tests.factories import charlies_house, make_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.wires import Wired, alice, inside, text, viewer, wire, work

pytestmark = pytest.mark.usefixtures("db", "redis")
EVERY_DAY = [str(day) for day in range(7)]


@pytest.fixture
def wired(client) -> Wired:
    wired = wire()
    sign_in(client, alice(wired))
    return wired


def day(wired: Wired, number: int) -> date:
    with inside(wired):
        return properties.today(properties.find(wired.house.property_id)) + timedelta(days=number)


def line(wired: Wired, first: int, last: int, **fields: Any) -> dict[str, Any]:
    return {"plan": [str(wired.plan)], "weekday": EVERY_DAY, "first_0": day(wired, first), "last_0": day(wired, last),
            **fields}  # fmt: skip


def draft(client: Any, wired: Wired) -> str:
    return client.post(wired.url("rates/edits")).location


def stamp(page: Any) -> str:
    return re.search(r'name="shown" value="([0-9a-f]+)"', page.text)[1]


def apply(client: Any, wired: Wired, *lines: dict[str, Any], **how: str) -> str:
    here = draft(client, wired)
    for each in lines:
        assert client.post(f"{here}/lines", data=each).status_code == 303
    page = client.get(f"{here}/preview")
    assert client.post(f"{here}/apply", data={"shown": stamp(page), **how}).location == here
    return here


def price(wired: Wired, number: int, plan: Any = None) -> Decimal:
    night = day(wired, number)
    with inside(wired):
        return rates.calendar(wired.house.property_id, night, night)[plan or wired.plan][night].rate


def test_several_lines_are_looked_at_and_applied_as_one(client, wired):
    here = draft(client, wired)
    kept = client.post(f"{here}/lines", data=line(wired, 1, 9, how="set", price="120", keep="1"))
    done = client.post(f"{here}/lines", data=line(wired, 20, 21, max_stay="4", closed_to_arrival="yes", done="1"))

    page = text(client.get(done.location)).replace("\N{NO-BREAK SPACE}", " ")

    assert kept.location == here and done.location.endswith("/preview")
    assert "11 nights, 11 cells change." in page
    assert "<del>EUR 100.00</del>" in page and "<ins>EUR 120.00</ins>" in page and "(9 nights)" in page
    client.post(f"{here}/apply", data={"shown": stamp(client.get(done.location))})
    assert [price(wired, number) for number in (0, 1, 9, 10)] == [100, 120, 120, 100]


def test_the_live_sentence_says_what_would_happen_and_keeps_nothing(client, wired):
    here = draft(client, wired)
    client.post(f"{here}/lines", data=line(wired, 1, 3, how="set", price="120", keep="1"))

    said = text(client.post(f"{here}/sentence", data=line(wired, 3, 5, how="set", price="130")))
    unclear = text(client.post(f"{here}/sentence", data=line(wired, 3, 5)))

    assert "5 nights, 5 cells change." in said
    assert client.get(here).text.count('name="csrf_token"') and "3 cells change" in text(client.get(here))
    assert unclear


def test_a_line_that_cannot_be_keeps_what_was_typed(client, wired):
    here = draft(client, wired)

    answer = client.post(f"{here}/lines", data=line(wired, 5, 1, how="set", price="1,5"))

    page = text(answer)
    assert answer.status_code == 422 and 'value="1,5"' in answer.text
    assert "Write the amount in digits with a point, like 1250.00." in page
    assert f'id="plan-{wired.plan}" name="plan" value="{wired.plan}" checked' in answer.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"price": "USD 120"}, "The prices of this property are in EUR, not in USD."),
        ({"price": ""}, "This is needed."),
        ({"how": "raise_percent", "price": "ten"}, "Write the percentage in digits"),
        ({"weekday": []}, "Choose at least one day of the week."),
        ({"plan": []}, "Choose at least one rate plan."),
        ({"first_0": "", "last_0": ""}, "Name the nights."),
        ({"how": "keep"}, "Say what changes"),
        ({"copied": "night", "copy_night": ""}, "This is needed."),
        ({"how": "nonsense"}, "Choose one of the list."),
        ({"min_stay_arrival": "x"}, "A length of stay is a whole number"),
    ],
)
def test_each_mistake_is_said_in_words(client, wired, changes, sentence):
    here = draft(client, wired)

    answer = client.post(f"{here}/lines", data={**line(wired, 1, 2, how="set", price="120"), **changes})

    assert answer.status_code == 422 and sentence in text(answer)


def test_another_range_is_offered_without_a_script_and_a_line_can_be_changed(client, wired):
    here = draft(client, wired)
    typed = line(wired, 1, 2, how="set", price="120")

    more = client.post(f"{here}/lines", data={**typed, "more": "1"})
    client.post(f"{here}/lines", data={**typed, "first_1": day(wired, 8), "keep": "1"})
    form = client.get(f"{here}?line=0")
    client.post(f"{here}/lines", data={**typed, "price": "125", "line": "0", "keep": "1"})

    assert 'name="first_1"' in more.text and 'value="120"' in more.text
    assert f'value="{day(wired, 8)}"' in form.text and 'value="120.00"' in form.text
    assert "125.00" in client.get(here).text and "120.00" not in client.get(here).text
    client.post(f"{here}/lines/0/remove")
    assert "125.00" not in client.get(here).text


def test_odd_values_are_listed_and_may_be_left_out(client, wired):
    page_of = apply(client, wired, line(wired, 1, 1, how="set", price="20"))
    here = draft(client, wired)
    client.post(f"{here}/lines", data=line(wired, 1, 3, how="set", price="12", keep="1"))
    page = client.get(f"{here}/preview")

    assert "2 fall to a seventh or less" in text(page) and "is the decimal point in its place?" in text(page)
    assert "Apply without the 2 odd ones" in text(page)
    client.post(f"{here}/apply", data={"shown": stamp(page), "without": "1"})
    assert [price(wired, number) for number in (1, 2, 3)] == [12, 100, 100]
    assert "2 odd ones were left out." in text(client.get(here)) and page_of != here


def test_a_preview_that_is_no_longer_true_is_shown_again(client, wired):
    here = draft(client, wired)
    client.post(f"{here}/lines", data=line(wired, 1, 3, how="raise", price="10", keep="1"))
    shown = stamp(client.get(f"{here}/preview"))
    with inside(wired):
        rates.set_base(wired.house.property_id, wired.plan, Decimal(140))

    answer = client.post(f"{here}/apply", data={"shown": shown})

    assert answer.status_code == 422 and "Prices changed since you looked" in text(answer)
    assert "150.00" in answer.text and price(wired, 1) == 140


def test_an_undo_lists_the_three_cells_somebody_changed_since(client, wired):
    here = apply(client, wired, line(wired, 1, 9, how="set", price="120"))
    with inside(wired):
        nights = [day(wired, number) for number in (2, 3, 7)]
        rates.set_days(wired.house.property_id, [rates.DayEdit(wired.plan, nights, {"rate": Decimal(133)})])

    client.post(f"{here}/undo")

    page = text(client.get(here))
    assert "Changed by somebody since, and left as they are" in page
    assert page.count("kind=rates&amp;subject=") == 2  # two nights in a row, and one
    assert [price(wired, number) for number in (1, 2, 3, 4, 7, 9)] == [100, 133, 133, 100, 133, 100]
    assert "Undo these" not in page


def test_a_range_of_the_grid_goes_straight_to_its_preview(client, wired):
    asked = client.post(wired.url("rates/edits/range"), data=line(wired, 1, 3, how="raise_percent", price="10"))
    wrong = client.post(wired.url("rates/edits/range"), data=line(wired, 1, 3, how="set", price="much"))

    assert asked.location.endswith("/preview") and "3 cells change" in text(client.get(asked.location))
    assert wrong.status_code == 422 and 'value="much"' in wrong.text


def test_progress_shows_each_channel_and_asks_only_while_something_is_on_its_way(client, sandbox):
    wired = wire(set_up=True)
    sign_in(client, alice(wired))
    here = apply(client, wired, line(wired, 1, 4, how="set", price="120"))

    waiting = text(client.get(here))
    work(wired, "push")
    done = text(client.get(here))

    assert "0 of 4 cells accepted, 4 on their way." in waiting and "every 2s" in waiting
    assert "4 of 4 cells accepted" in done and "every 2s" not in done
    assert "task <code" in done and "/history/" in done


@pytest.mark.parametrize(
    ("currency", "rate", "shown"), [("JPY", "12345", "JPY 13,580"), ("KWD", "45.125", "KWD 49.638")]
)
def test_money_is_exact_in_yen_and_dinar(client, currency, rate, shown):
    house = make_house("Hana", currency=currency, timezone="Pacific/Kiritimati", country="KI")
    plan = make_rate_plan(make_room_type(house.property), rate=rate).id
    with tenancy.of(house.organization_id):
        tonight = properties.today(house.property)
    sign_in(client, house.owner)
    url = f"/p/{house.property_id}/rates/edits"
    sent = {"plan": str(plan), "weekday": EVERY_DAY, "first_0": tonight, "how": "raise_percent", "price": "10"}

    page = text(client.get(client.post(f"{url}/range", data=sent).location)).replace("\N{NO-BREAK SPACE}", " ")

    assert f"<ins>{shown}</ins>" in page


def test_who_may_only_look_sees_what_was_changed_and_no_button(client, wired):
    here = apply(client, wired, line(wired, 1, 4, how="set", price="120"))
    sign_in(client, viewer(wired))

    assert "4 cells changed" in text(client.get(wired.url("rates/edits")))
    assert "Undo" not in text(client.get(here)) and "Change many nights</button>" not in text(
        client.get(wired.url("rates"))
    )


def test_charlie_finds_no_change_of_alices(client, wired):
    here = apply(client, wired, line(wired, 1, 4, how="set", price="120"))
    charlie = charlies_house()
    sign_in(client, charlie.owner)
    his = here.replace(str(wired.house.property_id), str(charlie.property_id))

    for path in (here, f"{here}/preview", his, f"{his}/preview"):
        assert client.get(path).status_code == 404
    for act in ("lines", "sentence", "apply", "undo", "discard", "lines/0/remove"):
        assert client.post(f"{his}/{act}", data={}).status_code == 404, act
    stolen = {**line(wired, 1, 2, how="set", price="1"), "keep": "1"}
    own = client.post(f"/p/{charlie.property_id}/rates/edits").location
    assert client.post(f"{own}/lines", data=stolen).status_code == 404
    assert price(wired, 1) == 120
