"""The walls: row-level security, grants, the audit chain, the spanning functions."""

from __future__ import annotations

from alembic import op

from migrations import audit, spanning
from migrations.tenancy import APP, grant, protect, span

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "tenant_keys",
    "memberships",
    "membership_properties",
    "properties",
    "room_types",
    "rooms",
    "rate_plans",
    "rate_rules",
    "rate_days",
    "room_blocks",
    "room_nights",
    "guests",
    "guest_keys",
    "reservations",
    "reservation_rooms",
    "provider_accounts",
    "connections",
    "channels",
    "duties",
    "room_mappings",
    "rate_mappings",
    "lanes",
    "sends",
    "sync_runs",
    "api_calls",
    "inbox",
    "webhook_events",
    "booking_links",
    "conflicts",
    "incidents",
)
GLOBAL_TABLES = (
    "users",
    "user_sessions",
    "unrouted_messages",
    "provider_feeds",
    "schedule_slots",
)


def upgrade() -> None:
    op.execute(f"grant usage on schema public to {APP}")
    protect("organizations", column="id", rights="select, insert, update")
    for table in TENANT_TABLES:
        protect(table)
    # Append-only: no update, no delete. The head of the chain belongs to the trigger alone.
    protect("audit_log", rights="select, insert")
    protect("audit_heads", rights="select")
    span(["audit_heads"], command="all")
    for table in GLOBAL_TABLES:
        grant(table, "select, insert, update, delete")
    grant("alembic_version", "select")
    audit.install()
    spanning.install()


def downgrade() -> None:
    spanning.remove()
    audit.remove()
    op.execute("drop policy spanning on audit_heads")
    for table in ("organizations", *TENANT_TABLES, "audit_log", "audit_heads"):
        op.execute(f"drop policy tenant on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
    op.execute(f"revoke all on all tables in schema public from {APP}")
