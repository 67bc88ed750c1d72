"""Limits per channel, with the room types they are for; a duty that brings them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DUTIES = ("drain", "push", "full_sync", "parity", "channels", "provision", "products", "stays", "rates")


def allow_duties(*names: str) -> None:
    op.drop_constraint(op.f("ck_duties_duty"), "duties", type_="check")
    op.create_check_constraint(op.f("ck_duties_duty"), "duties", sa.column("duty").in_(names))


def within(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{target}.organization_id", f"{target}.id"],
        name=op.f(f"fk_{table}_organization_id_{column}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    allow_duties(*DUTIES, "limits")
    uuids = ("organization_id", "id", "property_id", "connection_id", "channel_id")
    zoned = sa.DateTime(timezone=True)
    op.create_table(
        "channel_limits",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in uuids),
        sa.Column("kind", sa.Enum("closed", "fewer", "at_most", name="limitkind", native_enum=False,
                                  create_constraint=True, length=24), nullable=False),
        sa.Column("units", sa.SmallInteger(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date()),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Enum("saved", "accepted", "refused", "ending", "ended", name="limitstate",
                                   native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("external_id", sa.String(64)),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("created_at", zoned, server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", zoned),
        sa.Column("answered_at", zoned),
        sa.CheckConstraint("units between 0 and 9999", name=op.f("ck_channel_limits_units")),
        sa.CheckConstraint("weekdays between 1 and 127", name=op.f("ck_channel_limits_weekdays")),
        sa.CheckConstraint("last is null or last >= first", name=op.f("ck_channel_limits_nights")),
        within("channel_limits", "property_id", "properties"),
        within("channel_limits", "connection_id", "connections"),
        within("channel_limits", "channel_id", "channels"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_channel_limits")),
    )  # fmt: skip
    for column in ("property", "connection"):
        op.create_index(f"ix_channel_limits_{column}", "channel_limits", ["organization_id", f"{column}_id"])
    op.create_table(
        "channel_limit_rooms",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("organization_id", "limit_id", "room_type_id")),
        within("channel_limit_rooms", "limit_id", "channel_limits"),
        within("channel_limit_rooms", "room_type_id", "room_types"),
        sa.PrimaryKeyConstraint("organization_id", "limit_id", "room_type_id", name=op.f("pk_channel_limit_rooms")),
    )
    protect("channel_limits")
    protect("channel_limit_rooms")


def downgrade() -> None:
    op.drop_table("channel_limit_rooms")
    op.drop_table("channel_limits")
    op.execute("delete from duties where duty = 'limits'")
    allow_duties(*DUTIES)
