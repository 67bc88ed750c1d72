"""Beds24 at the engine: signing in by a code, credits, asking by time, restrictions that belong to the room."""

from __future__ import annotations

from chaos import reconciler
from portal.models import ConnectionState
from tests.services.beds import BedsHouse


def test_a_property_is_connected_by_a_code_and_its_calendar_arrives(beds_house: BedsHouse) -> None:
    assert beds_house.connection.state is ConnectionState.ACTIVE
    assert beds_house.left(beds_house.day(7)) == 3
    assert beds_house.price(beds_house.day(7))["rate"] == "100.00"
    assert reconciler.differences(beds_house.sandbox.url, nights=beds_house.nights) == []
