"""credentials that wear out, reading by time, master switches"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import grant, protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DUTIES = ("drain", "push", "full_sync", "parity", "channels", "provision", "products")
_NEW = ("stays", "rates")


def upgrade() -> None:
    _logins()
    _switches()
    op.add_column("connections", sa.Column("login_id", sa.Uuid(), nullable=True))
    op.add_column("connections", sa.Column("read_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connections", sa.Column("read_minutes", sa.SmallInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_connections_organization_id_login_id"),
        "connections",
        "provider_logins",
        ["organization_id", "login_id"],
        ["organization_id", "id"],
    )
    op.add_column("booking_links", sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("booking_links", "last_revision_id", type_=sa.String(128), existing_type=sa.String(64))
    _allow(_DUTIES + _NEW)


def _logins() -> None:
    op.create_table(
        "provider_logins",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=100), server_default="", nullable=False),
        sa.Column("external_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("access_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.Column("holder", sa.String(length=100), server_default="", nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("created_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_provider_logins_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_provider_logins")),
    )
    op.create_index("ix_provider_logins_provider", "provider_logins", ["organization_id", "provider"])
    protect("provider_logins")


def _switches() -> None:
    op.create_table(
        "master_switches",
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("turned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("turned_by", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_switches")),
        sa.UniqueConstraint("provider", "name", name=op.f("uq_master_switches_provider_name")),
    )
    grant("master_switches", "select, insert, update, delete")


def _allow(duties: tuple[str, ...]) -> None:
    words = ", ".join(f"'{duty}'" for duty in duties)
    op.execute("alter table duties drop constraint ck_duties_duty")
    op.execute(f"alter table duties add constraint ck_duties_duty check (duty in ({words}))")


def downgrade() -> None:
    # Forced row-level security would hide the organizations' rows from the owner, too.
    op.execute("alter table duties no force row level security")
    op.execute("delete from duties where duty in ('stays', 'rates')")
    op.execute("alter table duties force row level security")
    _allow(_DUTIES)
    op.alter_column(
        "booking_links",
        "last_revision_id",
        type_=sa.String(64),
        existing_type=sa.String(128),
        postgresql_using="left(last_revision_id, 64)",
    )
    op.drop_column("booking_links", "missed_at")
    op.drop_constraint(op.f("fk_connections_organization_id_login_id"), "connections", type_="foreignkey")
    op.drop_column("connections", "read_minutes")
    op.drop_column("connections", "read_until")
    op.drop_column("connections", "login_id")
    op.drop_table("master_switches")
    op.drop_table("provider_logins")
