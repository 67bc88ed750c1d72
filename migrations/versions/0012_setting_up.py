"""A connection that waits for its activation is looked after too: its OTAs are polled, its calendar is read back."""

from __future__ import annotations

from alembic import op

from migrations import spanning

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ONLY_ACTIVE = "else c.state = 'active'"
AND_SETTING_UP = (
    "when w.duty in ('channels', 'parity', 'products') and c.state = 'setting_up' then c.sync_enabled\n"
    f"                   {ONLY_ACTIVE}"
)


def upgrade() -> None:
    _replace(spanning.FUNCTIONS["due_work"][2].replace(ONLY_ACTIVE, AND_SETTING_UP))


def downgrade() -> None:
    _replace(spanning.FUNCTIONS["due_work"][2])


def _replace(body: str) -> None:
    arguments, returns, _ = spanning.FUNCTIONS["due_work"]
    op.execute(
        f"create or replace function due_work({arguments}) returns table ({returns}) language sql stable "
        f"security definer set search_path = pg_catalog, public as $body${body}$body$"
    )
