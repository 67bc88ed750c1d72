"""Connecting an OTA: its step, and the link by which a colleague does only that step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = ("waiting", "choosing", "connecting", "connected", "closing", "paused", "disconnected", "error")


def upgrade() -> None:
    _setups()
    _links()
    for table in ("channel_setups", "magic_links"):
        protect(table)


def _setups() -> None:
    op.create_table(
        "channel_setups",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="setupstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=True),
        sa.Column("switching", sa.Boolean(), nullable=False),
        sa.Column("wish", sa.String(length=16), nullable=False),
        _moment("wished_at"),
        _moment("started_at"),
        _moment("done_at"),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        _moment("checked_at"),
        _moment("next_check_at"),
        _moment("accepted_at"),
        sa.Column("error", sa.String(length=500), nullable=False),
        *(
            sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)
            for name in ("lacks", "products", "choices", "ticks", "kept")
        ),
        sa.Column("link_sealed", sa.LargeBinary(), nullable=True),
        _moment("link_at"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _belongs_to("channel_setups", "connections", "connection_id"),
        _belongs_to("channel_setups", "properties", "property_id"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_channel_setups")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "code",
            name=op.f("uq_channel_setups_organization_id_connection_id_code"),
        ),
    )


def _links() -> None:
    op.create_table(
        "magic_links",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("setup_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("invited_by", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _moment("opened_at"),
        _moment("revoked_at"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _belongs_to("magic_links", "properties", "property_id"),
        _belongs_to("magic_links", "channel_setups", "setup_id"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_magic_links")),
        sa.UniqueConstraint("organization_id", "token_hash", name=op.f("uq_magic_links_organization_id_token_hash")),
    )
    op.create_index("ix_magic_links_browser", "magic_links", ["organization_id", "browser_hash"])


def downgrade() -> None:
    for table in ("magic_links", "channel_setups"):
        op.execute(f"drop policy tenant on {table}")
        op.drop_table(table)


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _belongs_to(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{other}.organization_id", f"{other}.id"],
        name=op.f(f"fk_{table}_organization_id_{column}"),
        ondelete="CASCADE",
    )
