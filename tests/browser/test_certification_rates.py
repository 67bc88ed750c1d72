"""The channel manager's certification tests 1 to 8, done by a person on our pages.

What has to be seen is in the provider's "PMS Certification Tests": the values of its table stand here and nowhere in
the product. Its dates move forward every year; here the first of its November is the first day of next month.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page, expect

from portal import tenancy
from portal.domain.rates import Rule, weekdays
from portal.services import connections, properties, rates
from tests import factories, wires
from tests.browser import certification
from tests.house import Sandbox
from tests.people import sign_in_browser

AVAILABILITY, RESTRICTIONS = "POST /api/v1/availability", "POST /api/v1/restrictions"
PRICES = {"Best Available Rate": "100", "Bed & Breakfast Rate": "120"}


@dataclass(kw_only=True)
class Stage(certification.Stage):
    """The test property, the person at its pages, and what the channel manager was asked."""

    plans: dict[str, Any]  # by "Twin/BAR": the plan's id
    external: dict[str, str]  # by "Twin/BAR": its id at the channel manager

    def calls(self) -> list[dict[str, Any]]:
        """The calendar calls since the last time this was asked, oldest first."""
        return [each for each in super().calls() if each["endpoint"] in (AVAILABILITY, RESTRICTIONS)]

    def push(self) -> tuple[list[dict[str, Any]], str]:
        """Let the worker do its part: the values of the one call it makes, and the task it was answered with."""
        wires.work(self.wired, "push")
        (call,) = self.calls()
        assert call["endpoint"] == RESTRICTIONS and call["status"] == 200
        answer = json.loads(call["response_body"])
        assert not answer.get("meta", {}).get("warnings")
        return json.loads(call["request_body"])["values"], answer["data"][0]["id"]


def test_the_first_eight_certification_tests_pass_from_our_pages(
    fresh_database, redis, sandbox, live_server: str, page: Page
):
    stage = given_the_test_property(sandbox, live_server, page)

    full_sync(stage)
    one_price_of_one_night(stage)
    single_nights_of_several_plans(stage)
    ranges_of_several_plans(stage)
    minimum_stays(stage)
    closings(stage)
    several_restrictions(stage)
    half_a_year(stage)


def given_the_test_property(sandbox: Sandbox, live_server: str, page: Page) -> Stage:
    """Two room types with two plans each in US dollars, connected; seasons, so that prices vary."""
    house = factories.make_house("Test Property - Roomwire", currency="USD", timezone="America/New_York", country="US")
    plans: dict[str, Any] = {}
    for name, numbers in (("Twin Room", 8), ("Double Room", 5)):
        kind = factories.make_room_type(house.property, name, [f"{name[0]}{number}" for number in range(numbers)])
        for title, price in PRICES.items():
            short = "BAR" if title.startswith("Best") else "B&B"
            plans[f"{name.split()[0]}/{short}"] = factories.make_rate_plan(kind, title, price).id
    with tenancy.of(house.organization_id):
        today = properties.today(house.property)
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        late = Rule(first=first + timedelta(days=250), last=first + timedelta(days=330), weekdays=weekdays(4, 5),
                    rate=Decimal("161.50"))  # fmt: skip
        rates.add_rule(house.property_id, plans["Double/BAR"], late, "Summer weekends")
        connection_id = connections.create(house.property, "channex").id
    wired = wires.Wired(house, connection_id, None, plans["Twin/BAR"])  # type: ignore[arg-type]
    wires.work(wired, "provision", "push")
    with wires.inside(wired):
        lanes = {lane.rate_plan_id: lane.external_id for lane in wires.db.session.query(wires.Lane)}
    sign_in_browser(page.context, live_server, house.owner)
    external = {name: lanes[plan_id] for name, plan_id in plans.items()}
    stage = Stage(
        page=page, server=live_server, sandbox=sandbox, wired=wired, plans=plans, external=external, first=first
    )
    stage.calls()
    return stage


def full_sync(stage: Stage) -> None:
    """Test 1: 500 days of everything in two calls."""
    stage.open("connections")
    stage.page.get_by_role("button", name="Full sync").click()
    expect(stage.page.get_by_text("waits for a worker.")).to_be_visible()
    wires.work(stage.wired, "push")

    calls = stage.calls()

    assert [call["endpoint"] for call in calls] == [AVAILABILITY, RESTRICTIONS]
    for call, things in zip(calls, (2, 4), strict=True):
        nights: dict[str, int] = {}
        for value in json.loads(call["request_body"])["values"]:
            product = value.get("room_type_id") or value["rate_plan_id"]
            nights[product] = nights.get(product, 0) + len(nights_of(value))
        assert sorted(nights.values()) == [500] * things
    for call in calls:
        stage.shows_task(json.loads(call["response_body"])["data"][0]["id"])


def one_price_of_one_night(stage: Stage) -> None:
    """Test 2, by the panel of the night."""
    stage.open(f"rates?first={stage.day(20)}&nights=7")
    night = stage.page.locator(f'td a[href*="{stage.plans["Twin/BAR"]}"][href$="night={stage.day(22)}"]')
    night.click()
    panel = stage.page.get_by_role("dialog")
    panel.get_by_label("Price (USD)").fill("333")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()

    values, task = stage.push()

    assert said(stage, values, "rate") == {("Twin/BAR", 22, 22): "333.00"}
    stage.shows_task(task)


def single_nights_of_several_plans(stage: Stage) -> None:
    """Test 3."""
    wishes = {("Twin/BAR", 21, 21): "333", ("Double/BAR", 25, 25): "444", ("Double/B&B", 29, 29): "456.23"}

    values = change(stage, {spot: {"price": price} for spot, price in wishes.items()})

    assert said(stage, values, "rate") == {spot: f"{Decimal(price):.2f}" for spot, price in wishes.items()}


def ranges_of_several_plans(stage: Stage) -> None:
    """Test 4."""
    wishes = {("Twin/BAR", 1, 10): "241", ("Double/BAR", 10, 16): "312.66", ("Double/B&B", 1, 20): "111"}

    values = change(stage, {spot: {"price": price} for spot, price in wishes.items()})

    assert said(stage, values, "rate") == {spot: f"{Decimal(price):.2f}" for spot, price in wishes.items()}


def minimum_stays(stage: Stage) -> None:
    """Test 5."""
    wishes = {("Twin/BAR", 23, 23): 3, ("Double/BAR", 25, 25): 2, ("Double/B&B", 15, 15): 5}

    values = change(stage, {spot: {"min_stay_through": str(stay)} for spot, stay in wishes.items()})

    assert said(stage, values, "min_stay_through") == wishes


def closings(stage: Stage) -> None:
    """Test 6."""
    wishes = [("Twin/BAR", 14, 14), ("Double/BAR", 16, 16), ("Double/B&B", 20, 20)]

    values = change(stage, {spot: {"stop_sell": "yes"} for spot in wishes})

    assert said(stage, values, "stop_sell") == dict.fromkeys(wishes, True)


def several_restrictions(stage: Stage) -> None:
    """Test 7."""
    wishes = {
        ("Twin/BAR", 1, 10): {
            "closed_to_arrival": "yes", "closed_to_departure": "no", "max_stay": "4", "min_stay_through": "1"
        },
        ("Twin/B&B", 12, 16): {"closed_to_arrival": "no", "closed_to_departure": "yes", "min_stay_through": "6"},
        ("Double/BAR", 10, 16): {"closed_to_arrival": "yes", "min_stay_through": "2"},
        ("Double/B&B", 1, 20): {"min_stay_through": "10"},
    }  # fmt: skip

    values = change(stage, wishes)

    for (plan, first, last), wish in wishes.items():
        mine = {night: value for value in values if value["rate_plan_id"] == stage.external[plan]
                for night in nights_of(value)}  # fmt: skip
        assert sorted(mine) == [str(stage.day(number)) for number in range(first, last + 1)], plan
        for value in mine.values():
            assert {name: {"yes": True, "no": False}.get(each, each) for name, each in wish.items()} == {
                name: value[name] if isinstance(value[name], bool) else str(value[name]) for name in wish
            }, plan


def half_a_year(stage: Stage) -> None:
    """Test 8: from the first day of the month after, five months and a night."""
    first, last = 31, 31 + 151
    wishes = {
        ("Twin/BAR", first, last): {
            "price": "432", "closed_to_arrival": "no", "closed_to_departure": "no", "min_stay_through": "2"
        },
        ("Double/BAR", first, last): {"price": "342", "min_stay_through": "3"},
    }  # fmt: skip

    values = change(stage, wishes)

    assert said(stage, values, "rate") == {("Twin/BAR", first, last): "432.00", ("Double/BAR", first, last): "342.00"}
    assert said(stage, values, "min_stay_through") == {("Twin/BAR", first, last): 2, ("Double/BAR", first, last): 3}


def change(stage: Stage, wishes: dict[tuple[str, int, int], dict[str, str]]) -> list[dict[str, Any]]:
    """Several lines as one change of many nights, applied, pushed in one call and proved by its task."""
    page = stage.page
    stage.open("rates")
    page.get_by_role("button", name="Change many nights").click()
    for (plan, first, last), wish in wishes.items():
        for name, value in wish.items():
            if name == "price":
                page.locator("#how").select_option("set")
                page.locator("#price").fill(value)
            elif value in ("yes", "no"):
                page.locator(f"#{name}").select_option(value)
            else:
                page.locator(f"#{name}").fill(value)
        page.get_by_label("First night 1").fill(str(stage.day(first)))
        page.get_by_label("Last night 1").fill(str(stage.day(last)))
        page.locator(f"#plan-{stage.plans[plan]}").check()
        page.get_by_role("button", name="Keep this line and add another").click()
    page.get_by_role("main").get_by_role("link", name="Look at what").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Applied")).to_be_visible()

    values, task = stage.push()

    page.reload()
    expect(page.locator("#edit-progress code").filter(has_text=task)).to_be_visible()
    expect(page.locator("#edit-progress")).not_to_contain_text("way")
    page.get_by_role("link", name="The run in the history").click()
    expect(page.locator("#run code").filter(has_text=task)).to_be_visible()
    return values


def said(stage: Stage, values: list[dict[str, Any]], field: str) -> dict[tuple[str, int, int], Any]:
    """What the values of a call say about a field, by plan and nights; neighbouring ranges that agree are one."""
    names = {external: name for name, external in stage.external.items()}
    nights: dict[tuple[str, int], Any] = {}
    for value in values:
        for night in nights_of(value):
            number = (date.fromisoformat(night) - stage.first).days + 1
            nights[names[value["rate_plan_id"]], number] = value[field]
    found: dict[tuple[str, int, int], Any] = {}
    for (name, number), each in sorted(nights.items()):
        before = next((spot for spot in found if spot[0] == name and spot[2] == number - 1), None)
        if before is not None and found[before] == each:
            found[name, before[1], number] = found.pop(before)
        else:
            found[name, number, number] = each
    return found


def nights_of(value: dict[str, Any]) -> list[str]:
    first, last = value.get("date") or value["date_from"], value.get("date") or value["date_to"]
    start = date.fromisoformat(first)
    return [str(start + timedelta(days=number)) for number in range((date.fromisoformat(last) - start).days + 1)]
