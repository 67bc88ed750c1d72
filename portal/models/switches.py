"""The installation's master switches, turned while it runs. The environment's own may only be stricter."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, GlobalRow


class MasterSwitch(GlobalRow):
    __tablename__ = "master_switches"

    provider: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(16))  # sync, push, pull, webhook
    on: Mapped[bool]
    turned_at: Mapped[Created]
    turned_by: Mapped[str] = mapped_column(String(200), default="")

    __table_args__: Any = (UniqueConstraint("provider", "name"),)
