"""Bulk edits of prices and restrictions, undone for a day; the lowest and highest price of a house."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.tenancy import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = ("draft", "applied", "undone", "discarded")


def upgrade() -> None:
    op.create_table(
        "rate_edits",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="rateeditstate", native_enum=False, create_constraint=True, length=24),
                  nullable=False),
        sa.Column("lines", JSONB(), server_default="[]", nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_by", sa.String(200), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("cells", sa.Integer(), server_default="0", nullable=False),
        sa.Column("left_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undone_by", sa.String(200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("left", JSONB(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["organization_id", "property_id"], ["properties.organization_id", "properties.id"],
                                ondelete="CASCADE", name=op.f("fk_rate_edits_organization_id_property_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_rate_edits")),
    )  # fmt: skip
    op.create_index("ix_rate_edits_property", "rate_edits", ["organization_id", "property_id", sa.text("id desc")])
    op.create_table(
        "rate_edit_plans",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("rate_edit_id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id", "rate_edit_id"], ["rate_edits.organization_id", "rate_edits.id"],
                                ondelete="CASCADE", name=op.f("fk_rate_edit_plans_organization_id_rate_edit_id")),
        sa.ForeignKeyConstraint(["organization_id", "rate_plan_id"], ["rate_plans.organization_id", "rate_plans.id"],
                                ondelete="CASCADE", name=op.f("fk_rate_edit_plans_organization_id_rate_plan_id")),
        sa.PrimaryKeyConstraint("organization_id", "rate_edit_id", "rate_plan_id", name=op.f("pk_rate_edit_plans")),
    )  # fmt: skip
    op.create_index(op.f("ix_rate_edit_plans_organization_id_rate_plan_id"), "rate_edit_plans",
                    ["organization_id", "rate_plan_id"])  # fmt: skip
    protect("rate_edits")
    protect("rate_edit_plans")
    op.add_column("properties", sa.Column("price_floor", sa.Numeric(16, 3)))
    op.add_column("properties", sa.Column("price_ceiling", sa.Numeric(16, 3)))


def downgrade() -> None:
    op.drop_column("properties", "price_ceiling")
    op.drop_column("properties", "price_floor")
    op.drop_table("rate_edit_plans")
    op.drop_table("rate_edits")
