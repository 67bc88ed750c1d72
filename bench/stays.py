"""Stays for a large hotel, written in bulk: what is measured is reading them."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sqlalchemy import insert, select

from bench.hotels import Hotel
from portal.extensions import db
from portal.models import Reservation, ReservationRoom, Room, RoomNight
from portal.models.base import new_id


def fill(hotel: Hotel, first: date, stays_per_room: int) -> None:
    """Give each room stays of one to five nights with gaps between. Works for the current organization."""
    dice = random.Random(7)
    rooms = db.session.scalars(select(Room).where(Room.property_id == hotel.property_id)).all()
    reservations, booked, nights = [], [], []
    for room in rooms:
        night = first
        for number in range(stays_per_room):
            night += timedelta(days=dice.randint(0, 3))
            until = night + timedelta(days=dice.randint(1, 5))
            stay = {"organization_id": hotel.organization_id, "property_id": hotel.property_id}
            times = {"check_in": night, "check_out": until}
            reservation_id, booked_id = new_id(), new_id()
            code = f"{room.number}-{number}"
            reservations.append({**stay, **times, "id": reservation_id, "code": code, "source": "direct",
                                 "channel": "DIR", "status": "confirmed", "currency": "EUR"})  # fmt: skip
            booked.append({**stay, **times, "id": booked_id, "reservation_id": reservation_id, "room_id": room.id,
                           "room_type_id": room.room_type_id})  # fmt: skip
            while night < until:
                nights.append({**stay, "room_id": room.id, "room_type_id": room.room_type_id, "night": night,
                               "reservation_room_id": booked_id})  # fmt: skip
                night += timedelta(days=1)
    for model, rows in ((Reservation, reservations), (ReservationRoom, booked), (RoomNight, nights)):
        db.session.execute(insert(model), rows)
    db.session.commit()
