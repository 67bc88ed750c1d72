"""Guests that were made one, with what it takes to make them two again; where each value of a guest comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sources = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("guests", sa.Column("sources", sources, nullable=False, server_default="{}"))
    op.add_column("guests", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_guests_organization_id_merged_into",
        "guests",
        "guests",
        ["organization_id", "merged_into"],
        ["organization_id", "id"],
    )
    op.create_index(
        "ix_guests_merged",
        "guests",
        ["organization_id", "merged_into"],
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.create_table(
        "guest_merges",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("merged_by", sa.String(200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "kept_id"],
            ["guests.organization_id", "guests.id"],
            name="fk_guest_merges_organization_id_kept_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "gone_id"],
            ["guests.organization_id", "guests.id"],
            name="fk_guest_merges_organization_id_gone_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name="pk_guest_merges"),
    )
    op.create_index("ix_guest_merges_kept", "guest_merges", ["organization_id", "kept_id"])
    op.create_index("ix_guest_merges_gone", "guest_merges", ["organization_id", "gone_id"])
    protect("guest_merges")


def downgrade() -> None:
    op.drop_table("guest_merges")
    op.drop_index("ix_guests_merged", "guests")
    op.drop_constraint("fk_guests_organization_id_merged_into", "guests", type_="foreignkey")
    op.drop_column("guests", "merged_into")
    op.drop_column("guests", "sources")
