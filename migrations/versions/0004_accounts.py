"""Accounts: verified addresses, links that work once, the outbox, second steps, invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APP, grant, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GLOBAL_TABLES = ("mails", "tokens", "second_steps", "recovery_codes")
TENANT_TABLES = ("invitations", "invitation_properties")
RIGHTS = "select, insert, update, delete"


def moment(name: str, *, nullable: bool = False, made: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if made else None
    )


def identity() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def upgrade() -> None:
    op.add_column("users", moment("email_verified_at", nullable=True))
    # Accounts of before this were made by people with a shell, for people they know.
    op.execute("update users set email_verified_at = created_at")
    op.add_column("user_sessions", moment("proved_at", made=True))
    op.execute("update user_sessions set proved_at = created_at")
    _mails()
    _tokens()
    _second_steps()
    _invitations()
    for table in GLOBAL_TABLES:
        grant(table, RIGHTS)
    for table in TENANT_TABLES:
        protect(table)


def downgrade() -> None:
    for table in TENANT_TABLES:
        op.execute(f"drop policy tenant on {table}")
    for table in ("invitation_properties", "invitations", "recovery_codes", "second_steps", "tokens", "mails"):
        op.execute(f"revoke all on {table} from {APP}")
        op.drop_table(table)
    op.drop_column("user_sessions", "proved_at")
    op.drop_column("users", "email_verified_at")


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("master_key_id", sa.String(64), nullable=False),
        sa.Column("letter_sealed", sa.LargeBinary(), nullable=True),
        moment("due_at"),
        moment("give_up_at"),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        moment("sent_at", nullable=True),
        moment("finished_at", nullable=True),
        sa.Column("error", sa.String(200), server_default="", nullable=False),
        moment("created_at", made=True),
        identity(),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_waiting", "mails", ["due_at"], postgresql_where=sa.text("finished_at is null"))


def _tokens() -> None:
    purposes = ("verify_email", "reset_password", "accept_invitation", "second_step")
    op.create_table(
        "tokens",
        sa.Column(
            "purpose",
            sa.Enum(*purposes, name="purpose", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        moment("expires_at"),
        moment("used_at", nullable=True),
        moment("created_at", made=True),
        identity(),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_tokens_token_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])


def _second_steps() -> None:
    op.create_table(
        "second_steps",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("master_key_id", sa.String(64), nullable=False),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_period", sa.BigInteger(), server_default="0", nullable=False),
        moment("confirmed_at", nullable=True),
        moment("created_at", made=True),
        identity(),
        sa.PrimaryKeyConstraint("id", name="pk_second_steps"),
        sa.UniqueConstraint("user_id", name="uq_second_steps_user_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_second_steps_user_id", ondelete="CASCADE"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        moment("used_at", nullable=True),
        identity(),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("user_id", "code_hash", name="uq_recovery_codes_user_id_code_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id", ondelete="CASCADE"),
    )


def _invitations() -> None:
    roles = ("owner", "manager", "staff", "viewer")
    op.create_table(
        "invitations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        identity(),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*roles, name="role", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("all_properties", sa.Boolean(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("invited_by_name", sa.String(200), nullable=False),
        moment("created_at", made=True),
        moment("sent_at"),
        moment("expires_at"),
        moment("accepted_at", nullable=True),
        moment("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name="pk_invitations"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_invitations_organization_id"),
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organization_id", "email_hash"],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.create_table(
        "invitation_properties",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "invitation_id", "property_id", name="pk_invitation_properties"),
        sa.ForeignKeyConstraint(
            ["organization_id", "invitation_id"],
            ["invitations.organization_id", "invitations.id"],
            name="fk_invitation_properties_organization_id_invitation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name="fk_invitation_properties_organization_id_property_id",
            ondelete="CASCADE",
        ),
    )
