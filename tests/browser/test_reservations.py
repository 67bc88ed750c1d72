"""Reservations in a real browser: a booking comes in, is found and opened."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Page, expect

from portal.services import audit
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.blueprints.test_reservations import open_conflict, store_message
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.wires import alice, book, deliver, wire, work


def test_a_booking_that_comes_in_is_listed_opened_and_traced(fresh_database, redis, sandbox, live_server, page: Page):
    wired = wire(set_up=True)
    deliver(wired, book(wired, sandbox, days=0))
    with audit.acting(audit.Actor(correlation_id="c0ffee")):  # as a job has one
        work(wired, "drain", "push")
    sign_in_browser(page.context, live_server, alice(wired))

    page.goto(live_server + wired.url("reservations?channel=BDC"))
    page.locator("#found tbody td").nth(1).click()  # a click anywhere in the row
    expect(page.get_by_text("Booking.com", exact=True).first).to_be_visible()
    expect(page.get_by_role("heading", name="Room 101")).to_be_visible()
    page.locator(".differences summary").first.click()
    expect(page.get_by_role("link", name="The delivery that announced it")).to_be_visible()
    page.get_by_role("link", name="The run that fetched it").click()
    expect(page).to_have_url(re.compile(r"/history/[0-9a-f-]{36}$"))

    page.goto(live_server + wired.url("rates?nights=7"))
    page.get_by_role("grid").locator("tbody tr").first.locator("td a").first.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("Wanted: 1 room")
    expect(panel.locator(".proof-step.is-done")).to_have_count(3)


def test_a_changed_filter_shows_what_passes_it_and_stands_in_the_address(
    fresh_database, redis, live_server, page: Page
):
    wired = wire()
    sell(wired.house, wired.double, today_at(wired.house), guest="Today Guest")
    sell(wired.house, wired.double, date(2031, 5, 2), guest="May Guest")
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url("reservations"))

    page.get_by_label("Show", exact=True).select_option("arriving")

    expect(page.get_by_role("link", name="May Guest")).to_have_count(0)
    expect(page.get_by_role("link", name="Today Guest")).to_be_visible()
    expect(page.get_by_role("heading", name="Arriving today")).to_be_visible()
    assert "when=arriving" in page.url


def test_without_scripts_the_filter_is_a_plain_form(fresh_database, redis, live_server, browser):
    wired = wire()
    sell(wired.house, wired.double, date(2031, 5, 2), guest="May Guest")
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url("reservations"))

    page.get_by_label("Code or guest").fill("may")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="May Guest").click()

    expect(page.get_by_role("heading", name="May Guest")).to_be_visible()
    page.context.close()


@both_looks
def test_the_list_and_a_reservation_in_trouble_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server, page: Page, scheme, size
):
    wired = wire()
    troubled = store_unplaced(wired.house, None, today_at(wired.house))
    open_conflict(wired.house, troubled, base="2031-05-01", ours="2031-05-02", theirs="2031-05-03")
    store_message(wired, troubled, {"changes": {"notes": ["a", "Gesellschaft" * 20]}, "decisions": []})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    sign_in_browser(page.context, live_server, alice(wired))

    found = {}
    for path in ("reservations", "reservations?q=nobody", "reservations?first=x", f"reservations/{troubled}"):
        page.goto(live_server + wired.url(path))
        for each in page.locator("main details").all():
            each.evaluate("details => { details.open = true }")
        found[path] = (violations(page), sideways(page))

    assert {path: each for path, each in found.items() if each != ([], 0)} == {}


def test_who_works_in_the_dark_prints_black_on_white_and_only_what_was_looked_for(
    fresh_database, redis, live_server, page: Page
):
    wired = wire()
    stay = sell(wired.house, wired.double, today_at(wired.house))
    page.emulate_media(media="print", color_scheme="dark")
    sign_in_browser(page.context, live_server, alice(wired))

    for path in ("reservations?when=arriving", f"reservations/{stay.id}"):
        page.goto(live_server + wired.url(path))
        ink = page.locator("main h1").evaluate("title => getComputedStyle(title).color")
        assert max(int(part) for part in re.findall(r"\d+", ink)[:3]) < 80, ink
        expect(page.get_by_text("Ana Silva").first).to_be_visible()
        for screen in (".rail", ".top", "main .btn", "main details:not([open])"):
            expect(page.locator(f"{screen}:visible")).to_have_count(0)
