"""Many nights at once in a real browser: selected by keyboard and mouse, without scripts, on a phone, in the dark."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from playwright.sync_api import Page, expect

from portal.domain.nights import Window
from portal.domain.rate_edits import How, Line
from portal.services import properties, rate_edits, rates, room_types
from tests.factories import make_rate_plan
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.wires import Wired, alice, inside, wire


def tonight(wired: Wired) -> date:
    with inside(wired):
        return properties.today(properties.find(wired.house.property_id))


def open_page(page: Page, live_server: str, wired: Wired, path: str) -> None:
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url(path))


def test_a_range_is_selected_by_keyboard_or_mouse_and_leads_to_its_preview(
    fresh_database, redis, live_server, page: Page
):
    wired = wire()
    open_page(page, live_server, wired, "rates?nights=14")
    prices = page.get_by_role("grid").locator("tbody tr").nth(1)
    form = page.locator("#range-form")

    prices.locator("td a").nth(1).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(form).to_contain_text("Nights: 3 · Rate plans: 1")
    expect(prices.locator('td[aria-selected="true"]')).to_have_count(3)
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()

    prices.locator("td").nth(2).hover()
    page.mouse.down()
    prices.locator("td").nth(5).hover()
    page.mouse.up()
    expect(form).to_contain_text("Nights: 4 · Rate plans: 1")
    assert violations(page) == []
    form.get_by_label("Amount (EUR) or percent").fill("120")
    form.get_by_role("button", name="Look at the result").click()

    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    expect(page.get_by_text("4 nights, 4 cells change.")).to_be_visible()


def test_prices_are_changed_and_put_back_by_keyboard_alone(fresh_database, redis, live_server, page: Page):
    wired = wire()
    open_page(page, live_server, wired, "rates?nights=14")
    page.get_by_role("grid").locator("tbody tr").nth(1).locator("td a").nth(1).focus()

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()") == name:
                return
        raise AssertionError(f"the Tab key does not lead to {name}")

    page.keyboard.press("Shift+ArrowRight")
    tab_to("price")
    page.keyboard.type("120")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 nights, 2 cells change.")).to_be_visible()
    tab_to("Apply 2 changes")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 cells changed.")).to_be_visible()
    tab_to("Undo these 2 changes")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Undone")).to_be_visible()


def test_the_sentence_follows_the_typing(fresh_database, redis, live_server, page: Page):
    wired = wire()
    open_page(page, live_server, wired, "rates")
    page.get_by_role("button", name="Change many nights").click()

    page.get_by_label("The price", exact=True).select_option("becomes")
    page.get_by_label("Amount (EUR) or percent").fill("12")
    page.get_by_label("First night 1").fill(str(tonight(wired)))
    page.get_by_label("Last night 1").fill(str(tonight(wired) + timedelta(days=3)))
    page.get_by_label("Double · Flexible").check()

    expect(page.locator("#live-sentence")).to_contain_text("4 cells change, 4 fall to a seventh or less")


def test_without_scripts_many_nights_are_changed_and_put_back(fresh_database, redis, live_server, browser):
    wired = wire()
    page = browser.new_context(java_script_enabled=False).new_page()
    open_page(page, live_server, wired, "rates")
    first = tonight(wired)

    page.get_by_role("button", name="Change many nights").click()
    page.get_by_label("The price", exact=True).select_option("rises by percent")
    page.get_by_label("Amount (EUR) or percent").fill("10")
    page.get_by_label("First night 1").fill(str(first))
    page.get_by_role("button", name="Another range of nights").click()
    page.get_by_label("First night 2").fill(str(first + timedelta(days=9)))
    page.get_by_label("Double · Flexible").check()
    page.get_by_role("button", name="Look at the result").click()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_text("2 cells changed.")).to_be_visible()
    page.get_by_role("button", name="Undo these 2 changes").click()

    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    page.context.close()


@both_looks
def test_the_pages_of_many_nights_and_of_plans_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server, page: Page, size, scheme
):
    wired = wire()
    with inside(wired):
        place = wired.house.property_id
        first = tonight(wired)
        span = (Window(first, first + timedelta(days=9)),)
        odd = Line(plans=(wired.plan,), spans=span, weekdays=0b1110101, how=How.SET, price=Decimal(12))
        long = Line(plans=(wired.plan,), spans=span, fields={"max_stay": 7, "closed_to_arrival": True})
        draft, applied = rate_edits.create(place, [odd, long]), rate_edits.create(place, [long])
        rate_edits.apply(place, applied, rate_edits.preview(place, [long]).stamp())
        kind = room_types.find(place, wired.double)
        make_rate_plan(kind, "Frühstück inklusive, nicht erstattungsfähig, Langzeitaufenthalt")
        ended = make_rate_plan(kind, "Winterpauschale").id
        rates.archive_plan(place, ended)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    edits = [f"rates/edits/{path}" for path in (draft, f"{draft}?line=0", f"{draft}/preview", applied)]
    plans = [f"rates/plans/{path}" for path in ("new", wired.plan, f"{wired.plan}/archive", ended)]
    paths = ["rates", "rates/edits", *edits, "rates/plans", *plans]

    sign_in_browser(page.context, live_server, alice(wired))
    found = {}
    for path in paths:
        page.goto(live_server + wired.url(path))
        found[path] = (violations(page), sideways(page))

    assert {path: each for path, each in found.items() if each != ([], 0)} == {}
