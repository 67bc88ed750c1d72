"""The same person found again; another one never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import Guest, GuestKey
from portal.services import guests
from providers.types import Person
from tests.services.hotel import make_hotel

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def meet(now=NOW, provider="channex", country="PT", **person):
    with unit_of_work():
        return guests.find_or_create(Person(**person), provider=provider, country=country, now=now)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"email": "ana@example.test"}, {"email": " ANA@Example.test "}, True),
        ({"phone": "+351 912 345 678"}, {"phone": "912345678"}, True),
        ({"provider_guest_id": "g1"}, {"provider_guest_id": "g1", "email": "new@example.test"}, True),
        ({"email": "ana@example.test"}, {"email": "eva@example.test"}, False),
        ({"email": "x1@guest.booking.com"}, {"email": "x1@guest.booking.com"}, False),
        ({"name": "Ana", "surname": "Silva"}, {"name": "Ana", "surname": "Silva"}, False),
        ({}, {}, False),
        ({"phone": "000000000"}, {"phone": "000000000"}, False),
    ],
)
def test_a_guest_is_known_by_what_identifies_a_person(hotel, first, second, same):
    assert (meet(**first).id == meet(**second).id) is same


def test_the_same_guest_id_at_two_providers_is_two_people(hotel):
    assert meet(provider_guest_id="7").id != meet(provider="beds24", provider_guest_id="7").id


def test_the_providers_own_id_is_stronger_than_an_address(hotel):
    known = meet(provider_guest_id="g1", email="old@example.test")
    meet(email="shared@example.test")

    assert meet(provider_guest_id="g1", email="shared@example.test").id == known.id


def test_the_newest_contact_wins_and_what_it_leaves_out_stays(hotel):
    meet(email="ana@example.test", name="Ana", surname="Silva", phone="+351912345678", city="Faro")

    guest = meet(now=NOW + timedelta(days=1), email="ana@example.test", name="Ana", surname="Sousa", city="Porto")

    assert guest.name == "Ana Sousa"
    assert guest.contact["city"] == "Porto" and guest.contact["phone"] == "+351912345678"


def test_an_old_message_that_comes_late_only_fills_gaps(hotel):
    meet(email="ana@example.test", name="Ana", surname="Sousa")

    guest = meet(now=NOW - timedelta(days=1), email="ana@example.test", name="Ana", surname="Silva", city="Faro")

    assert (guest.name, guest.contact["city"]) == ("Ana Sousa", "Faro")
    assert guest.contact_changed_at == NOW


def test_an_alias_never_takes_the_place_of_a_real_address(hotel):
    meet(email="ana@example.test", phone="+351912345678")

    guest = meet(now=NOW + timedelta(days=1), email="x2@guest.booking.com", phone="+351912345678")

    assert guest.contact["email"] == "ana@example.test"


def test_an_address_given_up_still_leads_to_the_guest(hotel):
    guest = meet(email="old@example.test", phone="+351912345678")
    meet(now=NOW + timedelta(days=1), email="new@example.test", phone="+351912345678")

    assert {meet(email="old@example.test").id, meet(email="new@example.test").id} == {guest.id}


@pytest.mark.parametrize("text", ["ana@example.test", "912 345 678", "silva", "José da SILVA", "silva jose"])
def test_a_guest_is_found_by_address_number_or_words_of_the_name(hotel, text):
    guest = meet(name="José", surname="da Silva", email="ana@example.test", phone="+351912345678")
    meet(name="Ben", surname="Cruz")

    assert [found.id for found in guests.search(text, country="PT")] == [guest.id]


@pytest.mark.parametrize("text", ["", "sil", "silva cruz", "%", "ana@"])
def test_half_a_word_finds_nobody(hotel, text):
    meet(name="José", surname="da Silva", email="ana@example.test")

    assert list(guests.search(text)) == []


def test_names_and_addresses_are_stored_as_ciphertext(hotel):
    guest = meet(name="Ana", surname="Silva", email="ana@example.test")

    stored = database.session.execute(select(Guest.name_sealed, Guest.contact_sealed).where(Guest.id == guest.id)).one()
    keys = database.session.scalars(select(GuestKey.key)).all()

    assert not any(b"Silva" in part or b"ana" in part for part in (*stored, *keys))


def test_charlie_meets_a_stranger_where_alice_knows_the_guest(hotel):
    guest = meet(email="ana@example.test", name="Ana", surname="Silva")
    guest_id = guest.id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        assert list(guests.search("ana@example.test")) == []
        assert meet(email="ana@example.test").id != guest_id
        assert database.session.scalar(select(func.count()).select_from(Guest)) == 1


def test_a_guest_who_comes_again_costs_few_statements(hotel, db):
    meet(email="ana@example.test", name="Ana", surname="Silva")
    statements = []

    def listen(connection, cursor, statement, *rest):
        if "SAVEPOINT" not in statement and "set_config" not in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        meet(email="ana@example.test", name="Ana", surname="Silva")
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    assert len(statements) <= 5
