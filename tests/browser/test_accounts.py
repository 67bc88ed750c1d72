"""Accounts in a real browser: signing up, confirming, choosing a new password; nothing axe complains of."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.factories import alices_house, make_property
from tests.letters import last
from tests.looks import PHONE, WIDE, sideways, violations
from tests.people import sign_in_browser

SENTENCE = "seven herons at low tide"


def look(page: Page, found: dict[str, object], name: str) -> None:
    """Look at the page in both sizes and both schemes."""
    for scheme, size in (("light", WIDE), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colours half-way
        page.set_viewport_size(size)
        problems = (violations(page), sideways(page))
        if problems != ([], 0):
            found[f"{name} {scheme}"] = problems


def test_maria_signs_up_confirms_her_address_and_later_forgets_her_password(
    fresh_database, redis, live_server: str, page: Page
):
    found: dict[str, object] = {}
    page.goto(f"{live_server}/sign-in")
    look(page, found, "sign-in")
    page.get_by_role("link", name="Sign up").click()
    look(page, found, "sign-up")
    page.get_by_label("Your name").fill("Maria Lopes")
    page.get_by_label("Your organization").fill("Quinta do Lago")
    page.get_by_label("E-mail address").fill("maria@quinta.test")
    page.get_by_label("Password").fill(SENTENCE)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_visible()
    look(page, found, "banner")

    page.goto(live_server + last("verification").link)
    look(page, found, "confirm")
    page.get_by_role("button", name="This is my address").click()
    expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    look(page, found, "confirmed")

    page.context.clear_cookies()
    page.goto(f"{live_server}/sign-in")
    page.get_by_role("link", name="Forgotten?").click()
    look(page, found, "forgotten")
    page.get_by_label("E-mail address").fill("maria@quinta.test")
    page.get_by_role("button", name="Send the link").click()
    look(page, found, "sent")
    page.goto(live_server + last("reset").link)
    look(page, found, "choose")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("alert")).to_contain_text("Use at least 12 characters.")
    look(page, found, "refused")
    page.get_by_label("New password").fill("otters like cold rivers")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("Your new password is saved")).to_be_visible()
    page.goto(live_server + last("reset").link)
    look(page, found, "dead")

    assert found == {}


@pytest.mark.parametrize("path", ["/forgotten/sent", "/sign-up/sent"])
def test_what_everybody_is_told_names_nobody(fresh_database, redis, live_server: str, page: Page, path: str):
    alice = alices_house()

    page.goto(f"{live_server}{path}")

    assert alice.owner.email not in page.content()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()


def test_alice_invites_bea_who_joins_and_asks_for_codes_from_then_on(
    fresh_database, redis, live_server: str, page: Page
):
    found: dict[str, object] = {}
    alice = alices_house()
    make_property(alice.organization, "Haus zum Donaudampfschifffahrtsgesellschaftskapitän")
    sign_in_browser(page.context, live_server, alice.owner)
    page.goto(f"{live_server}/p/{alice.property_id}/")
    page.locator(".person summary").click()
    page.get_by_role("link", name="Members").click()
    page.locator("summary", has_text="Change Alice").click()
    look(page, found, "members")
    page.get_by_label("E-mail address").fill("bea@example.test")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
    look(page, found, "invited")

    page.goto(live_server + last("invitation").link)
    look(page, found, "wrong account")
    page.get_by_role("button", name="Sign out").click()
    page.goto(live_server + last("invitation").link)
    look(page, found, "invitation")
    page.get_by_label("Your name").fill("Bea Lopes")
    page.get_by_label("Password").fill(SENTENCE)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Where to?")).to_be_visible()

    page.goto(f"{live_server}/me")
    look(page, found, "me")
    page.get_by_role("link", name="Code at sign-in").click()
    page.get_by_role("button", name="Set it up").click()
    look(page, found, "setting up")
    phone = pyotp.TOTP(page.locator("main code").inner_text().replace(" ", ""))
    page.get_by_label("The six digits it shows").fill(phone.now())
    page.get_by_role("button", name="Switch on").click()
    look(page, found, "recovery codes")
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Code at sign-in").click()
    look(page, found, "on")

    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("bea@example.test")
    page.get_by_label("Password").fill(SENTENCE)
    page.get_by_role("button", name="Sign in").click()
    look(page, found, "code")
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Where to?")).to_be_visible()
    page.goto(f"{live_server}/me/proof?next=/me")
    look(page, found, "proof")

    assert found == {}
