"""A guest's name and contact, changed by hand: the guest is found by the new ones, and nobody overwrites unseen."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.models import AuditEntry, Guest
from portal.services import guests
from providers.types import Person
from tests.blueprints.test_guests import meet, rows, url
from tests.factories import alices_house, charlies_house, make_bob
from tests.people import sign_in
from tests.wires import text

pytestmark = pytest.mark.usefixtures("db", "redis")
FIELDS = ("name", "email", "phone", "address", "postal_code", "city", "state", "company")


@pytest.fixture
def house(client):
    house = alices_house()
    sign_in(client, make_bob(house))
    return house


@pytest.fixture
def ana(house):
    return meet(house, name="Ana", surname="Silva", email="ana@example.test", phone="+351912345678", city="Coimbra")


def form_of(page):
    """What the form would send if nothing was typed."""
    fields = {name: re.search(rf'name="{name}" type="\w+" value="([^"]*)"', page.text)[1] for name in FIELDS}
    return {**fields, "shown": re.search(r'name="shown" value="([^"]*)"', page.text)[1]}


def found(house, words):
    with tenancy.of(house.organization_id):
        return [guest.id for guest in guests.search(words, country="PT")]


def test_who_is_renamed_is_found_by_the_new_name_address_and_number_and_no_more_by_the_old(client, house, ana):
    page = url(house, f"/{ana}/contact")
    typed = {"name": "Ana Sousa", "email": "sousa@example.test", "phone": "913 456 789", "city": ""}

    answer = client.post(page, data={**form_of(client.get(page)), **typed})

    assert answer.status_code == 303
    for words in ("Ana Sousa", "sousa@example.test", "+351 913 456 789"):
        assert found(house, words) == [ana], words
    for words in ("Silva", "ana@example.test", "+351912345678"):
        assert found(house, words) == [], words
    shown = text(client.get(answer.location))
    assert "Ana Sousa" in shown and "written by hand here" in shown and "Coimbra" not in shown
    (entry,) = rows(house, select(AuditEntry).where(AuditEntry.action == "guest.contact"))
    assert entry.subject_id == ana and entry.actor_name == "Bob Tanaka"


def test_a_later_booking_finds_the_guest_by_what_was_written(client, house, ana):
    page = url(house, f"/{ana}/contact")
    client.post(page, data={**form_of(client.get(page)), "email": "sousa@example.test"})

    assert meet(house, name="A.", surname="Sousa", email="SOUSA@example.test") == ana


def test_the_second_of_two_people_sees_what_stands_and_keeps_what_was_typed(client, house, ana):
    page = url(house, f"/{ana}/contact")
    seen = form_of(client.get(page))
    client.post(page, data={**seen, "city": "Porto"})

    second = client.post(page, data={**seen, "city": "Lagos", "address": "Rua Nova 1"})
    again = client.post(page, data=form_of(second))

    assert second.status_code == 409 and "Now: Porto" in text(second) and 'value="Rua Nova 1"' in second.text
    assert again.status_code == 303
    (guest,) = rows(house, select(Guest).where(Guest.id == ana).execution_options(populate_existing=True))
    assert (guest.contact["city"], guest.contact["address"]) == ("Lagos", "Rua Nova 1")


def test_the_same_form_sent_twice_is_one_change(client, house, ana):
    page = url(house, f"/{ana}/contact")
    sent = {**form_of(client.get(page)), "city": "Porto"}

    answers = [client.post(page, data=sent).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert len(rows(house, select(AuditEntry).where(AuditEntry.action == "guest.contact"))) == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("email", "ana at home", "not an e-mail address"), ("phone", "12", "not a telephone number")],
)
def test_what_is_no_address_or_number_is_refused_at_its_field_and_stays(client, house, ana, field, value, sentence):
    page = url(house, f"/{ana}/contact")

    answer = client.post(page, data={**form_of(client.get(page)), field: value})

    assert answer.status_code == 422 and sentence in text(answer) and f'value="{value}"' in answer.text
    assert f'id="{field}-error"' in answer.text


def test_an_address_the_ota_made_up_may_stay_while_the_rest_changes(client, house):
    guest = meet(house, name="Rui", surname="Mota", email="x1@guest.booking.com", phone="call me")
    page = url(house, f"/{guest}/contact")

    answer = client.post(page, data={**form_of(client.get(page)), "company": "Faro Lda"})

    assert answer.status_code == 303
    assert found(house, "x1@guest.booking.com") == []


def test_a_booking_that_says_more_while_the_form_is_open_is_not_overwritten(client, house, ana):
    page = url(house, f"/{ana}/contact")
    seen = form_of(client.get(page))
    with tenancy.of(house.organization_id), unit_of_work():
        guests.find_or_create(Person(email="ana@example.test", city="Évora"), provider="channex")

    answer = client.post(page, data={**seen, "company": "Faro Lda"})

    assert answer.status_code == 409 and "Now: Évora" in text(answer)


def test_charlie_finds_no_contact_of_alices_guest(client, house, ana):
    charlie = charlies_house()
    sign_in(client, charlie.owner)

    for property_id in (house.property_id, charlie.property_id):
        page = f"/p/{property_id}/guests/{ana}/contact"
        assert client.get(page).status_code == client.post(page, data={"shown": "x"}).status_code == 404
