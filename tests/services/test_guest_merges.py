"""Two guests made one, and two again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.guest_hints import Reason
from portal.domain.guest_merges import Side
from portal.extensions import db as database
from portal.models import AuditEntry, Guest, GuestMerge, Reservation
from portal.models.base import new_id
from portal.services import guest_keys, guest_merges, guest_views, guests, reservations
from portal.services.errors import NotFound, Refused
from providers.types import Person
from tests.services import engine
from tests.services.hotel import make_hotel, night, sell

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def hotel(db):
    hotel = make_hotel(numbers=[str(number) for number in range(101, 107)])
    with tenancy.of(hotel.organization.id):
        yield hotel


def meet(days=0, provider="channex", **person):
    with unit_of_work():
        guest = guests.find_or_create(Person(**person), provider=provider, country="PT", now=NOW + timedelta(days=days))
    return guest.id


def stay(hotel, guest_id, first, until):
    """A reservation of this very guest; its id."""
    reservation = sell(hotel, first, until)
    reservation.guest_id = guest_id
    database.session.commit()
    return reservation.id


def known(guest_id):
    """All that is known of a guest, as the database has it."""
    guest = database.session.scalar(select(Guest).where(Guest.id == guest_id).execution_options(populate_existing=True))
    contact = {name: value for name, value in (guest.contact or {}).items() if value}
    stays = set(database.session.scalars(select(Reservation.id).where(Reservation.guest_id == guest_id)))
    return {
        "facts": (guest.name or None, contact, guest.country, guest.language, guest.notes or None),
        "sources": guest.sources,
        "changed": guest.contact_changed_at,
        "keys": guest_keys.of([guest_id])[guest_id],
        "stays": stays,
        "merged_into": guest.merged_into,
    }


def two(hotel):
    """Ana, who booked twice under made-up addresses: the older and the newer guest."""
    older = meet(name="Ana", surname="Silva", email="x1@guest.booking.com", phone="+351912345678", city="Faro")
    newer = meet(1, name="Ana", surname="Silva Reis", email="ana@example.test", city="Porto")
    return older, newer


def test_the_kept_guest_has_everything_and_the_other_is_found_no_more(hotel):
    older, newer = two(hotel)
    mine, theirs = stay(hotel, older, 1, 3), stay(hotel, newer, 5, 7)

    guest_merges.merge(older, newer)

    kept = known(older)
    assert kept["facts"][0] == "Ana Silva Reis"
    assert kept["facts"][1] == {"email": "ana@example.test", "phone": "+351912345678", "city": "Porto"}
    assert kept["stays"] == {mine, theirs} and known(newer)["stays"] == set() == known(newer)["keys"]
    assert [guest.id for guest in guests.search("ana@example.test")] == [older]
    assert newer not in [guest.id for guest in guest_views.newest()]
    assert meet(2, email="ana@example.test") == older


def test_a_person_may_choose_whose_value_wins(hotel):
    older, newer = two(hotel)

    rows = {row.field: row for row in guest_merges.preview(older, newer).rows}
    assert (rows["city"].wins, rows["city"].differs) == (Side.GONE, True)
    guest_merges.merge(older, newer, {"city": Side.KEPT})

    assert known(older)["facts"][1]["city"] == "Faro"
    assert known(older)["sources"]["name"]["at"] == (NOW + timedelta(days=1)).isoformat()


texts = st.sampled_from(["", "Faro", "Porto", "Ana", "Eva"])
people = st.fixed_dictionaries(
    {
        "name": texts,
        "surname": texts,
        "city": texts,
        "company": texts,
        "email": st.sampled_from(["", "ana@example.test", "eva@example.test", "x@guest.booking.com"]),
        "phone": st.sampled_from(["", "+351912345678", "+351912345679"]),
        "country": st.sampled_from(["", "PT", "DE"]),
    }
)
sides = st.dictionaries(st.sampled_from(["name", "email", "city", "notes"]), st.sampled_from(list(Side)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people, people, st.integers(-1, 1), sides, texts, texts)
def test_merged_and_undone_both_are_as_they_were(hotel, one, other, days, chosen, note, other_note):
    ids = []
    for person, later, words in ((one, 0, note), (other, days, other_note)):
        guest = Guest()
        database.session.add(guest)
        with unit_of_work():
            database.session.flush()
            said = Person(**{name: value or None for name, value in person.items()}, provider_guest_id=str(new_id()))
            guests.refresh(guest, said, provider="channex", country="PT", now=NOW + timedelta(days=later))
            guest.notes = words or None
        ids.append(guest.id)
    before = [known(guest_id) for guest_id in ids]

    merge = guest_merges.merge(*ids, chosen)
    assert known(ids[0])["keys"] == before[0]["keys"] | before[1]["keys"]
    guest_merges.undo(merge.id)

    assert [known(guest_id) for guest_id in ids] == before


def test_stays_made_after_the_merge_stay_with_the_kept_guest_and_are_told(hotel):
    older, newer = two(hotel)
    theirs = stay(hotel, newer, 5, 7)
    merge = guest_merges.merge(older, newer)
    since = stay(hotel, older, 9, 11)

    undone = guest_merges.undo(merge.id)

    assert undone.stayed == [since]
    assert known(older)["stays"] == {since} and known(newer)["stays"] == {theirs}
    assert guest_merges.undo(merge.id).stayed == ()


def test_what_was_learnt_since_the_merge_is_not_lost_by_undoing_it(hotel):
    older, newer = two(hotel)
    merge = guest_merges.merge(older, newer)
    meet(5, email="ana@example.test", city="Lisbon")

    guest_merges.undo(merge.id)

    facts = known(older)["facts"]
    assert facts[1]["city"] == "Lisbon" and facts[0] == "Ana Silva"
    assert known(newer)["facts"][1]["city"] == "Porto"


def test_merges_are_undone_newest_first(hotel):
    older, newer = two(hotel)
    third = meet(2, name="Ana", surname="Silva", company="Sea Ltd")
    first, second = guest_merges.merge(older, newer), guest_merges.merge(older, third)

    with pytest.raises(Refused, match="newer one first"):
        guest_merges.undo(first.id)
    guest_merges.undo(second.id)
    guest_merges.undo(first.id)

    assert known(newer)["merged_into"] is None is known(third)["merged_into"]


def test_who_is_one_already_is_not_merged_again_and_a_second_click_is_the_first_one(hotel):
    older, newer = two(hotel)
    third = meet(2, name="Ana", surname="Silva")

    merge = guest_merges.merge(older, newer)

    assert guest_merges.merge(older, newer).id == merge.id
    with pytest.raises(Refused):
        guest_merges.merge(third, newer)
    with pytest.raises(Refused):
        guest_merges.preview(older, older)


def test_the_record_of_a_merge_is_ciphertext_and_the_log_says_who_merged(hotel):
    older, newer = two(hotel)
    guest_merges.merge(older, newer)

    sealed = database.session.scalars(select(GuestMerge.record_sealed)).one()
    actions = set(database.session.scalars(select(AuditEntry.action)))

    assert b"Faro" not in sealed and b"silva" not in sealed.lower()
    assert "guest.merged" in actions


def test_a_hint_needs_a_shared_number_or_the_same_nights(hotel):
    ana = meet(name="Ana", surname="Silva", email="x1@guest.booking.com")
    again = meet(name="Ana", surname="Silva", email="x2@m.expediapartnercentral.com")
    later = meet(name="Ana", surname="Silva")
    stay(hotel, ana, 1, 4)
    stay(hotel, again, 4, 6)
    stay(hotel, later, 20, 22)

    found = guest_views.hints(guests.find(ana))

    assert [(hint.guest.id, hint.reasons) for hint in found] == [(again, [Reason.NAME, Reason.STAY])]


def test_where_a_value_comes_from_is_noted_without_the_value(hotel):
    guest_id = meet(name="Ana", surname="Silva", phone="+351912345678")
    meet(1, provider="desk", phone="+351912345678", city="Faro")

    sources = known(guest_id)["sources"]

    assert {field: source["by"] for field, source in sources.items()} == {
        "name": "channex", "phone": "channex", "city": "desk",
    }  # fmt: skip
    assert "Faro" not in str(sources)


def test_a_guest_is_opened_only_where_they_stayed_and_it_is_written_down(hotel):
    guest_id = meet(name="Ana", surname="Silva")

    with pytest.raises(NotFound):
        guest_views.opened(guest_id, hotel.id, at=hotel.id)
    stay(hotel, guest_id, 1, 3)
    assert len(guest_views.opened(guest_id, hotel.id, at=hotel.id).stays) == 1

    entries = database.session.scalars(select(AuditEntry).where(AuditEntry.action == "guest.viewed")).all()
    assert [entry.subject_id for entry in entries] == [guest_id]


def test_charlie_merges_and_undoes_nothing_of_alices(hotel):
    older, newer = two(hotel)
    merge_id = guest_merges.merge(older, newer).id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        own = meet(name="Ana", surname="Silva")
        for act in (lambda: guest_merges.merge(own, older), lambda: guest_merges.merge(older, own),
                    lambda: guest_merges.undo(merge_id), lambda: guest_views.opened(older, charlie.id)):  # fmt: skip
            with pytest.raises(NotFound):
                act()


def test_a_booking_in_the_same_moment_lands_at_the_kept_guest(house):
    older = meet(name="Ana", surname="Silva", phone="+351912345678")
    newer = meet(1, name="Ana", surname="Silva", email="ana@example.test")
    found = []

    def book():
        for _ in range(10):
            found.append(meet(2, email="ana@example.test", city="Lisbon"))

    with engine.beside(house, book):
        for _ in range(20):
            try:
                guest_merges.merge(older, newer)
                break
            except Refused:
                continue

    database.session.rollback()
    assert known(newer)["keys"] == set() and known(newer)["merged_into"] == older
    assert meet(3, email="ana@example.test") == older
    assert set(found) <= {older, newer}


def test_a_sale_to_a_guest_who_was_merged_meanwhile_is_the_kept_guests(hotel):
    older, newer = two(hotel)
    guest_merges.merge(older, newer)
    room = reservations.RoomRequest(
        room_type_id=hotel.room_type.id, check_in=night(1), check_out=night(3), amount=Decimal(200)
    )

    sold = reservations.create(
        hotel.id, reservations.SaleRequest(rooms=(room,), guest=Person(name="Ana", surname="Silva"), guest_id=newer)
    )

    assert sold.guest_id == older
