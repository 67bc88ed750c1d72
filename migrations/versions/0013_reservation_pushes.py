"""Reservations sold here on their way to a provider that keeps them, and the runs that bring them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TYPES = ("ARI_PUSH", "ARI_PULL", "RESERVATION_PULL", "FULL_SYNC", "MAPPING_SYNC")


def allow_types(*names: str) -> None:
    op.drop_constraint(op.f("ck_sync_runs_synctype"), "sync_runs", type_="check")
    op.create_check_constraint(op.f("ck_sync_runs_synctype"), "sync_runs", sa.column("type").in_(names))


def within(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{target}.organization_id", f"{target}.id"],
        name=op.f(f"fk_reservation_pushes_organization_id_{column}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    allow_types(*TYPES, "RESERVATION_PUSH")
    zoned = sa.DateTime(timezone=True)
    uuids = ("organization_id", "id", "connection_id", "reservation_id")
    states = sa.Enum("waiting", "accepted", "warned", "refused", name="pushstate", native_enum=False,
                     create_constraint=True, length=24)  # fmt: skip
    op.create_table(
        "reservation_pushes",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in uuids),
        sa.Column("state", states, nullable=False),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.Column("stay_state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("attempted_at", zoned),
        sa.Column("retry_at", zoned),
        sa.Column("answered_at", zoned),
        sa.Column("created_at", zoned, server_default=sa.text("now()"), nullable=False),
        within("connection_id", "connections"),
        within("reservation_id", "reservations"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_reservation_pushes")),
        sa.UniqueConstraint("organization_id", "connection_id", "reservation_id",
                            name=op.f("uq_reservation_pushes_organization_id_connection_id_reservation_id")),
    )  # fmt: skip
    op.create_index("ix_reservation_pushes_reservation", "reservation_pushes", ["organization_id", "reservation_id"])
    op.create_index("ix_reservation_pushes_state", "reservation_pushes", ["organization_id", "connection_id", "state"])
    protect("reservation_pushes")


def downgrade() -> None:
    op.drop_table("reservation_pushes")
    op.execute("delete from sync_runs where type = 'RESERVATION_PUSH'")
    allow_types(*TYPES)
