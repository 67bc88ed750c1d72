"""The floor of a room: housekeeping walks floor by floor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("floor", sa.String(16), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("rooms", "floor")
