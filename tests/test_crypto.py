"""What is sealed opens for its own row and for nothing else."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

from portal import crypto, tenancy
from portal.crypto import CryptoError, Keyring
from portal.db import unit_of_work
from portal.models import Guest
from portal.models.sealed import lookup_hash
from tests.factories import alices_house, charlies_house

KEY = bytes(range(32))
PLAIN = b"Ana Silva, +351 912 000 000"


def sealed(context=b"o|guests|name|r", key=KEY, number=1):
    return crypto.seal(key, number, PLAIN, context)


def opened(ciphertext, context=b"o|guests|name|r", key=KEY):
    return crypto.unseal(lambda number: key, ciphertext, context)


def test_what_was_sealed_opens():
    assert opened(sealed()) == PLAIN


def test_every_byte_counts():
    ciphertext = sealed()

    for position in range(len(ciphertext)):
        for bit in (1, 128):
            altered = bytearray(ciphertext)
            altered[position] ^= bit
            with pytest.raises(CryptoError):
                opened(bytes(altered))


def test_a_cut_or_lengthened_field_does_not_open():
    ciphertext = sealed()

    for length in range(len(ciphertext)):
        with pytest.raises(CryptoError):
            opened(ciphertext[:length])
    with pytest.raises(CryptoError):
        opened(ciphertext + b"\0")


def test_a_field_opens_at_its_own_place_only():
    organization, other, row = uuid4(), uuid4(), uuid4()
    home = crypto.field_context(organization, "guests", "name", row)
    ciphertext = crypto.seal(KEY, 1, PLAIN, home)

    for elsewhere in (
        crypto.field_context(other, "guests", "name", row),
        crypto.field_context(organization, "connections", "name", row),
        crypto.field_context(organization, "guests", "notes", row),
        crypto.field_context(organization, "guests", "name", uuid4()),
    ):
        with pytest.raises(CryptoError):
            opened(ciphertext, elsewhere)
    assert opened(ciphertext, home) == PLAIN


def test_another_key_or_key_number_does_not_open_it():
    with pytest.raises(CryptoError):
        opened(sealed(), key=os.urandom(32))
    asked = []
    crypto.unseal(lambda number: asked.append(number) or KEY, sealed(number=7), b"o|guests|name|r")
    assert asked == [7]


def test_no_nonce_comes_twice():
    nonces = {sealed()[3:15] for _ in range(20_000)}

    assert len(nonces) == 20_000


def test_the_same_words_never_look_the_same():
    assert sealed() != sealed()
    assert PLAIN not in sealed()


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_master_key_is_256_bits_long(length):
    with pytest.raises(CryptoError):
        Keyring([("short", bytes(length))])


def test_there_is_a_master_key():
    with pytest.raises(CryptoError):
        Keyring([])


def test_a_wrapped_key_opens_for_its_organization_purpose_and_master_only():
    ring, organization = Keyring([("a", KEY), ("b", os.urandom(32))]), uuid4()
    wrapped = ring.new_key(organization, "data")

    assert len(ring.unwrap(organization, "data", "a", wrapped)) == 32
    for args in [(uuid4(), "data", "a"), (organization, "lookup", "a"), (organization, "data", "b")]:
        with pytest.raises(CryptoError):
            ring.unwrap(*args, wrapped)
    with pytest.raises(CryptoError, match="c is not among"):
        ring.unwrap(organization, "data", "c", wrapped)
    for position in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[position] ^= 1
        with pytest.raises(CryptoError):
            ring.unwrap(organization, "data", "a", bytes(altered))


def test_a_guest_moved_to_another_row_or_tenant_is_an_alarm_and_not_a_name(db):
    alice, charlie = alices_house(), charlies_house()
    with tenancy.of(alice.organization_id), unit_of_work():
        ana, rui = Guest(), Guest()
        ana.name, rui.name = "Ana Silva", "Rui Costa"
        db.session.add_all([ana, rui])
    hers = ana.name_sealed

    with tenancy.of(alice.organization_id):
        rui.name_sealed = hers
        with pytest.raises(CryptoError):
            assert rui.name
        db.session.rollback()
        swapped = Guest(id=ana.id)
        swapped.notes_sealed = hers
        with pytest.raises(CryptoError):
            assert swapped.notes
    with tenancy.of(charlie.organization_id):
        stolen = Guest(id=ana.id)
        stolen.name_sealed = hers
        with pytest.raises(CryptoError):
            assert stolen.name


def test_the_same_address_at_two_hotels_has_two_hashes(db):
    alice, charlie = alices_house(), charlies_house()

    hashes = []
    for house in (alice, charlie):
        with tenancy.of(house.organization_id):
            hashes.append(lookup_hash(house.organization_id, "email", "ana@example.test"))
            assert lookup_hash(house.organization_id, "email", "ana@example.test") == hashes[-1]
            assert lookup_hash(house.organization_id, "phone", "ana@example.test") != hashes[-1]

    assert hashes[0] != hashes[1]
