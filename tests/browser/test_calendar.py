"""The tape chart in a real browser: by keyboard, by dragging, without scripts, on a phone."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from portal import tenancy
from portal.services import blocks, rooms
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import House, alices_house, make_room_type
from tests.looks import PHONE, both_looks, sideways, violations
from tests.people import sign_in_browser


def furnished() -> House:
    """Alice's house: three doubles, a stay in one of them, a block, and a stay without a room."""
    house = alices_house()
    double = make_room_type(house.property, numbers=("101", "102", "103")).id
    today = today_at(house)
    sell(house, double, today + timedelta(days=1))
    sell(house, double, today + timedelta(days=2), nights=3, guest="Ben Cruz")
    store_unplaced(house, double, today + timedelta(days=6))
    with tenancy.of(house.organization_id):
        last = rooms.listed(house.property_id)[2]
        blocks.create(house.property_id, last.id, today + timedelta(days=1), today + timedelta(days=3), note="paint")
    return house


def open_calendar(page: Page, live_server: str, house: House, query: str = "") -> None:
    sign_in_browser(page.context, live_server, house.owner)
    page.goto(f"{live_server}/p/{house.property_id}/calendar{query}")


def row_of(page: Page, guest: str) -> str:
    """The number of the room whose row holds the guest's bar."""
    return str(page.locator(f"tr:has(a.bar[data-guest='{guest}'])").get_attribute("data-number"))


def test_a_stay_is_moved_by_keyboard_alone_and_the_result_is_said(fresh_database, redis, live_server, page: Page):
    open_calendar(page, live_server, furnished())
    said = page.locator("#announcer")
    was = row_of(page, "Ana Silva")
    free = "102" if was == "101" else "101"
    page.locator("tr[data-number='101'] td a").first.focus()

    page.keyboard.press("ArrowRight")  # from tonight to the stay
    if was == "102":
        page.keyboard.press("ArrowDown")
    bar = page.locator("a.bar[data-guest='Ana Silva']")
    expect(bar).to_be_focused()
    page.keyboard.press("m")
    expect(said).to_contain_text("Moving Ana Silva")
    page.keyboard.press("Escape")
    expect(said).to_contain_text("Not moved.")
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown" if free == "102" else "ArrowUp")
    expect(said).to_contain_text(f"Room {free}: taken")
    page.keyboard.press("Enter")
    expect(page.locator(".tape-result")).to_contain_text("Ana Silva was not moved.")
    expect(bar).to_be_focused()
    assert row_of(page, "Ana Silva") == was

    waiting = page.locator("tr.tape-waiting a.bar")
    waiting.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("Room 101: free")
    page.keyboard.press("Enter")
    expect(page.locator(".tape-result")).to_contain_text("is in room 101 now.")
    expect(page.locator("tr[data-number='101'] a.bar[data-focus]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reservations/**")


def test_a_stay_is_dragged_to_a_free_room_and_a_click_still_opens_it(fresh_database, redis, live_server, page: Page):
    house = alices_house()
    double = make_room_type(house.property, numbers=("101", "102")).id
    sell(house, double, today_at(house) + timedelta(days=1))
    open_calendar(page, live_server, house)
    was = row_of(page, "Ana Silva")
    target = "102" if was == "101" else "101"

    page.locator("a.bar").drag_to(page.locator(f"tr[data-number='{target}'] td").nth(1))

    expect(page.locator(".tape-result")).to_contain_text(f"Ana Silva is in room {target} now.")
    assert row_of(page, "Ana Silva") == target and "/calendar" in page.url
    page.locator("a.bar").click()
    page.wait_for_url("**/reservations/**")


def test_without_scripts_the_move_is_a_link_and_a_form(fresh_database, redis, live_server, browser):
    house = furnished()
    page = browser.new_context(java_script_enabled=False).new_page()
    open_calendar(page, live_server, house)

    page.locator("tr.tape-waiting .bar-move").click()
    page.get_by_label("To room").select_option("103")
    page.get_by_role("button", name="Move").click()

    expect(page.locator(".tape-result")).to_contain_text("is in room 103 now.")
    page.context.close()


@both_looks
def test_calendar_and_rooms_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server, page: Page, scheme, size
):
    house = furnished()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    open_calendar(page, live_server, house, "?nights=30")
    found = {"month": (violations(page), sideways(page))}
    places = (page.locator(".bar-move").first, page.locator("tbody th a").first, page.locator(".bar-block"))
    links = [place.get_attribute("href") for place in places]
    here = f"/p/{house.property_id}/"

    for path in (f"{here}calendar?nights=1", f"{here}calendar?channel=BDC", f"{here}calendar?nights=0", f"{here}rooms",
                 f"{here}rooms/types/new", *links):  # fmt: skip
        page.goto(live_server + str(path))
        found[str(path)] = (violations(page), sideways(page))
    room = page.goto(live_server + str(links[1])) and page
    room.get_by_label("Last night off sale").fill(str(today_at(house) + timedelta(days=9)))
    room.get_by_role("button", name="off sale").click()
    expect(room.get_by_text("Back, change nothing")).to_be_visible()
    found["asked"] = (violations(page), sideways(page))

    assert {name: each for name, each in found.items() if each != ([], 0)} == {}


def test_housekeeping_is_one_click_and_the_counts_follow(fresh_database, redis, live_server, page: Page):
    house = furnished()
    sign_in_browser(page.context, live_server, house.owner)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server}/p/{house.property_id}/rooms")

    button = page.get_by_role("group", name="Housekeeping of room 101").get_by_role("button", name="Dirty")
    button.click()

    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Dirty 1")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("Room 101: Dirty")
    assert button.bounding_box()["height"] >= 44
