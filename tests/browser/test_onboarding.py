"""From signing up to the first proved night in a real browser, clicks counted; by telephone, without scripts."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db
from portal.models import Connection, User
from portal.services import access
from tests import onboarding
from tests.letters import last
from tests.looks import PHONE, WIDE, sideways, violations
from tests.people import sign_in_browser

MOST_CLICKS = 12
LOOKS = os.environ.get("ONBOARDING_LOOKS", "")  # a folder: the pages as pictures, for whoever wants to see them


class Alice:
    """Who sets her hotel up: counts what she clicks, and looks at every page she comes to."""

    def __init__(self, page: Page, live_server: str) -> None:
        self.page, self.live_server, self.clicks = page, live_server, 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def follow(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name, exact=True).last)

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        assert (violations(self.page), sideways(self.page)) == ([], 0), heading
        if LOOKS:
            width = (self.page.viewport_size or WIDE)["width"]
            name = f"{heading.lower().replace(' ', '-')[:24]}-{width}.png"
            self.page.screenshot(path=Path(LOOKS) / name, full_page=True)


def work(email: str, *duties: str) -> None:
    """What the workers would do for the organization of this person."""
    db.session.rollback()
    db.session.expire_all()
    who = db.session.scalars(select(User.id).where(User.email == email)).one()
    (belonging,) = access.belongings(who)
    with tenancy.of(belonging.organization_id):
        connection_id = db.session.scalars(select(Connection.id)).one()
        for duty in duties:
            db.session.commit()
            assert onboarding.DUTIES[duty](connection_id)
        db.session.commit()


def describe(alice: Alice, name: str, country: str, room: str, price: str) -> None:
    """The three first pages, typed; a click for each."""
    page = alice.page
    alice.sees("The property")
    page.get_by_label("Name of the property").fill(name)
    page.get_by_label("Country", exact=True).select_option(country)
    expect(page.get_by_label("Time zone")).not_to_have_value("")
    alice.button("Continue with the rooms")
    alice.sees("Rooms")
    page.get_by_label("Name", exact=True).fill(room)
    page.get_by_label("Rooms", exact=True).fill("8")
    alice.button("Continue with the prices")
    alice.sees("Prices")
    page.get_by_label(room).fill(price)
    alice.button("Continue: how to connect")


def sell(alice: Alice, email: str) -> None:
    """From the choice of an OTA to the proof."""
    page = alice.page
    alice.sees("Where do you want to sell first?")
    alice.click(page.get_by_role("button", name="Booking.com"))
    alice.sees("Creating it at the channel manager")
    work(email, "provision", "channels", "parity")
    expect(page.get_by_text("Everything is there.")).to_be_visible(timeout=10_000)
    alice.sees("Creating it at the channel manager")
    alice.follow("Continue")
    alice.sees("Say yes to it at Booking.com")
    alice.follow("Continue")
    alice.sees("What will happen")
    alice.button("Activate: begin to sell")
    alice.sees("First night on sale")
    work(email, "push", "parity")
    expect(page.get_by_role("heading", name="Proved")).to_be_visible(timeout=10_000)
    alice.sees("First night on sale")


def test_from_signing_up_to_the_proved_night_in_at_most_twelve_clicks(
    fresh_database, redis, sandbox, live_server: str, page: Page
):
    alice = Alice(page, live_server)
    page.set_viewport_size(WIDE)

    page.goto(f"{live_server}/sign-up")
    page.get_by_label("Your name").fill("Alice Marques")
    page.get_by_label("Your organization").fill("Seaview Hotels")
    page.get_by_label("E-mail address").fill("alice@seaview.test")
    page.get_by_label("Password").fill("seven herons at low tide")
    alice.button("Sign up")
    page.goto(live_server + last("verification").link)
    alice.clicks += 1  # the link in the mail
    alice.button("This is my address")
    page.goto(live_server)  # the front page leads on
    alice.clicks += 1
    describe(alice, "Seaview Faro", "PT", "Double", "120")
    sell(alice, "alice@seaview.test")

    expect(page.get_by_text("Double, EUR\u00a0120.00, seen at")).to_be_visible()
    expect(page.get_by_text("from signing up to the first proved night")).to_be_visible()
    assert alice.clicks <= MOST_CLICKS


def test_a_japanese_hotel_with_long_german_words_by_telephone_in_the_dark(
    fresh_database, redis, sandbox, live_server: str, page: Page
):
    _, who = onboarding.owner()
    email = who.email
    alice = Alice(page, live_server)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    sign_in_browser(page.context, live_server, who)

    page.goto(live_server)
    describe(alice, "海辺の宿", "JP", "Zweibettzimmerdachgeschossbalkonmeerblick", "12000")
    sell(alice, email)

    expect(page.get_by_text("JPY\u00a012,000, seen at")).to_be_visible()


def test_a_set_up_is_taken_up_again_where_it_was_left(fresh_database, redis, live_server: str, browser):
    _, who = onboarding.owner()
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in_browser(page.context, live_server, who)
    page.goto(live_server)
    page.get_by_label("Name of the property").fill("Seaview Faro")
    page.get_by_label("Country", exact=True).select_option("DE")
    page.get_by_role("button", name="Continue with the rooms").click()
    page.context.close()

    # Days later, another browser; nothing was kept but the rows in the database.
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in_browser(page.context, live_server, db.session.merge(who))
    page.goto(live_server)
    page.get_by_role("link", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Rooms")
    page.get_by_role("link", name="The property").click()
    expect(page.get_by_label("Name of the property")).to_have_value("Seaview Faro")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.context.close()
