"""The desk in a real browser: one click or five, it is one reservation; and every page fits and is readable."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal import tenancy
from portal.extensions import db
from portal.models import Reservation
from portal.services import rooms
from tests.blueprints.test_overview import sell, today_at
from tests.looks import PHONE, both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.wires import Wired, alice, wire


@pytest.fixture
def wired(fresh_database, redis) -> Wired:
    return wire()


def sold(wired: Wired) -> int:
    with tenancy.of(wired.house.organization_id):
        many = db.session.scalar(select(func.count()).select_from(Reservation)) or 0
        db.session.commit()
        return int(many)


def fill_in(page: Page, guest: str) -> None:
    page.get_by_label("Rooms of Double, Flexible").select_option("1")
    page.get_by_label("Name").fill(guest)


def test_double_click_back_and_reload_are_one_reservation(wired, live_server, page: Page):
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url("reservations/new?check_in=2031-05-01&check_out=2031-05-03"))
    fill_in(page, "Ana Silva")
    expect(page.locator("#sum")).to_contain_text("1 room is sold for")
    expect(page.locator("#sum")).to_contain_text("1 Double is left for these nights.")

    page.get_by_role("button", name="Sell", exact=True).dblclick()
    expect(page.get_by_role("heading", name="Ana Silva", level=1)).to_be_visible()
    opened = page.url
    page.go_back()
    expect(page.get_by_role("heading", name="New reservation")).to_be_visible()
    fill_in(page, "Ana Silva")
    page.get_by_role("button", name="Sell", exact=True).click()
    expect(page.get_by_role("heading", name="Ana Silva", level=1)).to_be_visible()
    page.reload()

    assert page.url == opened
    assert sold(wired) == 1


def test_other_dates_show_other_offers_and_keep_the_guest(wired, live_server, page: Page):
    sell(wired.house, wired.double, date(2031, 5, 8), guest="Ben Cruz")
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url("reservations/new?check_in=2031-05-01&check_out=2031-05-03"))
    page.get_by_label("Name").fill("Ana Silva")

    page.get_by_label("Departure").fill("2031-05-09")
    page.get_by_label("Departure").blur()

    expect(page.locator("#offers")).to_contain_text("1 free for all nights")
    expect(page.get_by_label("Name")).to_have_value("Ana Silva")


def test_without_scripts_a_guest_is_sold_a_room_checked_in_and_moved(wired, live_server, browser):
    page = browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url("reservations/new"))
    fill_in(page, "Ana Silva")

    page.get_by_role("button", name="Sell", exact=True).click()
    page.goto(live_server + wired.url("reservations?when=arriving"))
    page.get_by_role("button", name="Check in").click()
    page.goto(live_server + wired.url("reservations?when=in_house"))
    page.get_by_role("link", name="Ana Silva").click()
    page.get_by_role("link", name="Move to another room").click()
    page.get_by_label("102").check()
    page.get_by_role("button", name="Move into this room").click()

    expect(page.get_by_role("heading", name="Room 102")).to_be_visible()
    assert sold(wired) == 1
    page.context.close()


@both_looks
def test_the_desks_pages_are_clean_for_axe_and_fit_the_screen(wired, live_server, page: Page, scheme, size):
    today = today_at(wired.house)
    stay = sell(wired.house, wired.double, today).id
    sell(wired.house, wired.double, today + timedelta(days=1), guest="Maximiliane Donaudampfschifffahrtsgesellschaft")
    with tenancy.of(wired.house.organization_id):
        row = next(iter(rooms.listed(wired.house.property_id)))
        assert row.number == "101"
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    sign_in_browser(page.context, live_server, alice(wired))

    found = {}
    for path in ("reservations/new", "reservations/new?check_in=x", "reservations?when=arriving",
                 f"reservations/{stay}", f"reservations/{stay}/cancel", f"reservations/{stay}/change"):  # fmt: skip
        page.goto(live_server + wired.url(path))
        found[path] = (violations(page), sideways(page))
    page.get_by_label("Departure").fill(str(today + timedelta(days=3)))
    page.get_by_role("button", name="Show what this does").click()
    found["full"] = (violations(page), sideways(page))
    page.get_by_label("Departure").fill(str(today + timedelta(days=1)))
    page.get_by_role("button", name="Show what this does").click()
    expect(page.get_by_role("heading", name="What this does")).to_be_visible()
    found["preview"] = (violations(page), sideways(page))
    page.goto(live_server + wired.url(f"reservations/{stay}"))
    page.get_by_role("link", name="Move to another room").click()
    found["move"] = (violations(page), sideways(page))

    assert {path: each for path, each in found.items() if each != ([], 0)} == {}
