"""Mapping: snapshots of the provider's products, drafts, decisions, changes, closings; a duty that reads products."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("remote_snapshots", "mapping_drafts", "product_decisions", "mapping_changes", "remote_closings")
DUTIES = ("drain", "push", "full_sync", "parity", "channels", "provision")


def moment(name: str, *, now: bool = False) -> sa.Column:
    zoned = sa.DateTime(timezone=True)
    return sa.Column(name, zoned, server_default=sa.text("now()"), nullable=False) if now else sa.Column(name, zoned)


def words(name: str, length: int, *, default: bool = True) -> sa.Column:
    return sa.Column(name, sa.String(length), server_default="" if default else None, nullable=False)


def json(name: str, default: str | None = "'{}'") -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(default) if default else None, nullable=False)


def table(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    """A table of a connection's, gone with it."""
    uuids = [sa.Column(column, sa.Uuid(), nullable=False) for column in ("organization_id", "connection_id")]
    op.create_table(
        name,
        *uuids,
        *columns,
        sa.PrimaryKeyConstraint("organization_id", *key, name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f(f"fk_{name}_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
    )
    protect(name)


def allow_duties(*names: str) -> None:
    op.drop_constraint(op.f("ck_duties_duty"), "duties", type_="check")
    op.create_check_constraint(op.f("ck_duties_duty"), "duties", sa.column("duty").in_(names))


def upgrade() -> None:
    allow_duties(*DUTIES, "products")
    table(
        "remote_snapshots", json("products", "'[]'"), moment("asked_at"), moment("answered_at"), moment("fetched_at"),
        words("error", 500), json("replay"), key=("connection_id",),
    )  # fmt: skip
    table(
        "mapping_drafts", sa.Column("version", sa.Integer(), server_default="0", nullable=False), json("wanted"),
        words("changed_by", 200), moment("changed_at", now=True), key=("connection_id",),
    )  # fmt: skip
    table(
        "product_decisions", words("product", 80, default=False),
        sa.Column("decision", sa.Enum("not_sold", "at_ota", name="decision", native_enum=False, create_constraint=True,
                                      length=24), nullable=False),
        moment("decided_at", now=True), key=("connection_id", "product"),
    )  # fmt: skip
    table(
        "mapping_changes", sa.Column("id", sa.Uuid(), nullable=False), json("before", None), json("after", None),
        json("names", None), sa.Column("undoes", sa.Uuid()), words("by", 200, default=False),
        moment("applied_at", now=True), moment("undone_at"), key=("id",),
    )  # fmt: skip
    op.create_index("ix_mapping_changes_newest", "mapping_changes",
                    ["organization_id", "connection_id", sa.text("id desc")])  # fmt: skip
    table(
        "remote_closings", words("product", 80, default=False), words("name", 255), moment("asked_at", now=True),
        moment("tried_at"), moment("closed_at"), words("error", 500), key=("connection_id", "product"),
    )  # fmt: skip


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
    # Forced row-level security hides the rows from their owner as well.
    op.execute("alter table duties no force row level security")
    op.execute("delete from duties where duty = 'products'")
    op.execute("alter table duties force row level security")
    allow_duties(*DUTIES)
