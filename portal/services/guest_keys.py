"""What guests are found by: keyed hashes of provider ids, addresses, numbers and words of names. Helpers."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, text

from portal import tenancy
from portal.extensions import db
from portal.models import GuestKey

# As arrays: a statement whose text depends on the number of rows is compiled anew each time.
_GIVE = text(
    """
    insert into guest_keys (organization_id, kind, key, guest_id)
    select :organization, kind, key, :guest
    from unnest(cast(:kinds as text[]), cast(:keys as bytea[])) as said(kind, key)
    on conflict do nothing
    """
)

Key = tuple[str, bytes]
"""Kind and keyed hash."""


def of(guest_ids: Collection[UUID]) -> dict[UUID, set[Key]]:
    """What each of these guests is known by."""
    query = select(GuestKey.guest_id, GuestKey.kind, GuestKey.key).where(
        GuestKey.organization_id == tenancy.required(), GuestKey.guest_id.in_(guest_ids)
    )
    found: dict[UUID, set[Key]] = {guest_id: set() for guest_id in guest_ids}
    for guest_id, kind, key in db.session.execute(query):
        found[guest_id].add((kind, key))
    return found


def give(guest_id: UUID, keys: Collection[Key]) -> None:
    """Let the guest be known by these keys, beside those there are."""
    if keys:
        kinds, hashes = zip(*keys, strict=True)
        values = {"organization": tenancy.required(), "guest": guest_id, "kinds": list(kinds), "keys": list(hashes)}
        db.session.execute(_GIVE, values)


def take(guest_id: UUID, keys: Collection[Key]) -> None:
    """Let the guest no longer be known by these keys."""
    if keys:
        db.session.execute(
            delete(GuestKey)
            .where(
                GuestKey.organization_id == tenancy.required(),
                GuestKey.guest_id == guest_id,
                GuestKey.key.in_([key for _, key in keys]),
            )
            .execution_options(synchronize_session=False)
        )
