"""The tables of the foundation: hotel, sync, identity. The walls around them are in 0002."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "provider_feeds",
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_feeds")),
        sa.UniqueConstraint("provider", name=op.f("uq_provider_feeds_provider")),
    )
    op.create_table(
        "schedule_slots",
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("task", "slot", name=op.f("pk_schedule_slots")),
    )
    op.create_table(
        "unrouted_messages",
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("event_key", sa.String(length=128), nullable=False),
        sa.Column("external_property_id", sa.String(length=64), nullable=True),
        sa.Column("master_key_id", sa.String(length=64), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unrouted_messages")),
        sa.UniqueConstraint("provider", "event_key", name=op.f("uq_unrouted_messages_provider_event_key")),
    )
    op.create_table(
        "users",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("is_platform_admin", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_audit_heads_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_log",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("property_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("changes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_audit_log_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_audit_log_organization_id_number")),
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["organization_id", "subject_id", "number"], unique=False)
    op.create_table(
        "guests",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("notes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("contact_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_guests_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_guests")),
    )
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner", "manager", "staff", "viewer", name="role", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("all_properties", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_memberships_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_memberships_organization_id_user_id")),
    )
    op.create_index("ix_memberships_user", "memberships", ["user_id"], unique=False)
    op.create_table(
        "properties",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=255), nullable=True),
        sa.Column("postal_code", sa.String(length=32), nullable=True),
        sa.Column("check_in_from", sa.Time(), nullable=False),
        sa.Column("check_out_until", sa.Time(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_properties_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_properties")),
    )
    op.create_index(op.f("ix_properties_organization_id_name"), "properties", ["organization_id", "name"], unique=False)
    op.create_table(
        "provider_accounts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_provider_accounts_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_provider_accounts")),
        sa.UniqueConstraint("organization_id", "provider", name=op.f("uq_provider_accounts_organization_id_provider")),
    )
    op.create_index("uq_provider_accounts_external", "provider_accounts", ["provider", "external_id"], unique=True)
    op.create_table(
        "tenant_keys",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("master_key_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_tenant_keys_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "purpose", "number", name=op.f("pk_tenant_keys")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("property_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "setting_up",
                "active",
                "paused",
                "broken",
                "disconnected",
                name="connectionstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("state_reason", sa.String(length=300), nullable=False),
        sa.Column("external_property_id", sa.String(length=64), nullable=True),
        sa.Column("external_webhook_id", sa.String(length=64), nullable=True),
        sa.Column("sync_enabled", sa.Boolean(), nullable=False),
        sa.Column("push_enabled", sa.Boolean(), nullable=False),
        sa.Column("pull_enabled", sa.Boolean(), nullable=False),
        sa.Column("webhooks_enabled", sa.Boolean(), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("switched_by", sa.String(length=200), nullable=False),
        sa.Column("webhook_key_hash", sa.LargeBinary(), nullable=True),
        sa.Column("webhook_key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("webhook_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("credentials_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_connections_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connections")),
        sa.UniqueConstraint(
            "organization_id",
            "property_id",
            "provider",
            name=op.f("uq_connections_organization_id_property_id_provider"),
        ),
    )
    op.create_index(
        "uq_connections_external",
        "connections",
        ["provider", "external_property_id"],
        unique=True,
        postgresql_where=sa.text("external_property_id is not null"),
    )
    op.create_index("uq_connections_webhook_key", "connections", ["webhook_key_hash"], unique=True)
    op.create_table(
        "guest_keys",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("guest_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "guest_id"],
            ["guests.organization_id", "guests.id"],
            name=op.f("fk_guest_keys_organization_id_guest_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "key", "guest_id", name=op.f("pk_guest_keys")),
    )
    op.create_index("ix_guest_keys_guest", "guest_keys", ["organization_id", "guest_id"], unique=False)
    op.create_table(
        "membership_properties",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "membership_id"],
            ["memberships.organization_id", "memberships.id"],
            name=op.f("fk_membership_properties_organization_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_membership_properties_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "membership_id", "property_id", name=op.f("pk_membership_properties")
        ),
    )
    op.create_table(
        "reservations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "ota",
                "direct",
                "walk_in",
                "phone",
                "import",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "confirmed",
                "in_house",
                "checked_out",
                "cancelled",
                "no_show",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("guest_id", sa.Uuid(), nullable=True),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("adults", sa.SmallInteger(), nullable=False),
        sa.Column("children", sa.SmallInteger(), nullable=False),
        sa.Column("infants", sa.SmallInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("commission", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("payment_collect", sa.String(length=16), nullable=True),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=500), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount is null or amount <> 'NaN'", name=op.f("ck_reservations_amount")),
        sa.CheckConstraint("check_out > check_in", name=op.f("ck_reservations_stay")),
        sa.ForeignKeyConstraint(
            ["organization_id", "guest_id"],
            ["guests.organization_id", "guests.id"],
            name=op.f("fk_reservations_organization_id_guest_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_reservations_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_arrival", "reservations", ["organization_id", "property_id", "check_in"], unique=False
    )
    op.create_index(
        "ix_reservations_code",
        "reservations",
        ["organization_id", sa.literal_column("upper(code) text_pattern_ops")],
        unique=False,
    )
    op.create_index(
        "ix_reservations_departure", "reservations", ["organization_id", "property_id", "check_out"], unique=False
    )
    op.create_index("ix_reservations_guest", "reservations", ["organization_id", "guest_id"], unique=False)
    op.create_index(
        "ix_reservations_newest",
        "reservations",
        ["organization_id", "property_id", sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "uq_reservations_idempotency",
        "reservations",
        ["organization_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key is not null"),
    )
    op.create_table(
        "room_types",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("max_adults", sa.SmallInteger(), nullable=False),
        sa.Column("max_children", sa.SmallInteger(), nullable=False),
        sa.Column("max_infants", sa.SmallInteger(), nullable=False),
        sa.Column("default_occupancy", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "max_adults > 0 and default_occupancy between 1 and max_adults", name=op.f("ck_room_types_occupancy")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_room_types_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_room_types")),
        sa.UniqueConstraint(
            "organization_id", "property_id", "name", name=op.f("uq_room_types_organization_id_property_id_name")
        ),
    )
    op.create_table(
        "api_calls",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("sync_run_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("provider_request_id", sa.String(length=100), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_api_calls_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_api_calls")),
    )
    op.create_index("ix_api_calls_at", "api_calls", ["organization_id", "at"], unique=False)
    op.create_index("ix_api_calls_run", "api_calls", ["organization_id", "sync_run_id"], unique=False)
    op.create_table(
        "booking_links",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_booking_id", sa.String(length=64), nullable=False),
        sa.Column("unique_code", sa.String(length=80), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("last_ordering", sa.String(length=64), nullable=False),
        sa.Column("last_revision_id", sa.String(length=64), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("base_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_booking_links_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "reservation_id"],
            ["reservations.organization_id", "reservations.id"],
            name=op.f("fk_booking_links_organization_id_reservation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_booking_links")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "external_booking_id",
            name=op.f("uq_booking_links_organization_id_connection_id_external_booking_id"),
        ),
    )
    op.create_index(
        "ix_booking_links_reservation", "booking_links", ["organization_id", "reservation_id"], unique=False
    )
    op.create_table(
        "channels",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "connected",
                "disconnected",
                "error",
                name="channelstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_channels_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_channels")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "external_id",
            name=op.f("uq_channels_organization_id_connection_id_external_id"),
        ),
    )
    op.create_table(
        "conflicts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("reservation_room_id", sa.Uuid(), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column(
            "type",
            sa.Enum(
                "TIMESTAMP",
                "STATUS",
                "DATE",
                "AMOUNT",
                "ROOM",
                "GUEST",
                "OVERBOOKING",
                "UNMAPPED",
                "CALENDAR",
                name="conflicttype",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("strategy", sa.String(length=16), nullable=False),
        sa.Column("sides_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_conflicts_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "reservation_id"],
            ["reservations.organization_id", "reservations.id"],
            name=op.f("fk_conflicts_organization_id_reservation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_conflicts")),
    )
    op.create_index(
        "ix_conflicts_open",
        "conflicts",
        ["organization_id", "property_id", sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_index("ix_conflicts_reservation", "conflicts", ["organization_id", "reservation_id"], unique=False)
    op.create_table(
        "duties",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column(
            "duty",
            sa.Enum(
                "drain",
                "push",
                "full_sync",
                "parity",
                "channels",
                "provision",
                name="duty",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("holder", sa.String(length=100), server_default="", nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_duties_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", "duty", name=op.f("pk_duties")),
    )
    op.create_index("ix_duties_due", "duties", ["due_at"], unique=False, postgresql_where=sa.text("due_at is not null"))
    op.create_table(
        "inbox",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("event_key", sa.String(length=128), nullable=False),
        sa.Column("external_booking_id", sa.String(length=64), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "applied",
                "history",
                "quarantined",
                name="inboxstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            server_default="received",
            nullable=False,
        ),
        sa.Column("starts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("ordering", sa.String(length=64), server_default="", nullable=False),
        sa.Column("outcome", sa.String(length=32), server_default="", nullable=False),
        sa.Column("effect_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.Column("correlation_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_inbox_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "reservation_id"],
            ["reservations.organization_id", "reservations.id"],
            name=op.f("fk_inbox_organization_id_reservation_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "event_key",
            name=op.f("uq_inbox_organization_id_connection_id_event_key"),
        ),
    )
    op.create_index(
        "ix_inbox_booking", "inbox", ["organization_id", "connection_id", "external_booking_id"], unique=False
    )
    op.create_index("ix_inbox_reservation", "inbox", ["organization_id", "reservation_id"], unique=False)
    op.create_index(
        "ix_inbox_unacknowledged",
        "inbox",
        ["organization_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at is null"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["organization_id", "connection_id"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "incidents",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_incidents_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_incidents_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "ix_incidents_property",
        "incidents",
        ["organization_id", "property_id", sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["organization_id", "cause"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null"),
    )
    op.create_table(
        "rate_plans",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("meal_plan", sa.String(length=32), nullable=False),
        sa.Column("cancellation_policy", sa.String(length=500), nullable=False),
        sa.Column("base_rate", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("derived_percent", sa.Numeric(precision=7, scale=3), nullable=True),
        sa.Column("derived_amount", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("min_stay_arrival", sa.SmallInteger(), nullable=False),
        sa.Column("min_stay_through", sa.SmallInteger(), nullable=False),
        sa.Column("max_stay", sa.SmallInteger(), nullable=False),
        sa.Column("floor", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("ceiling", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "base_rate is null or (base_rate >= 0 and base_rate <> 'NaN')", name=op.f("ck_rate_plans_base_rate")
        ),
        sa.CheckConstraint("parent_id is null or parent_id <> id", name=op.f("ck_rate_plans_parent")),
        sa.ForeignKeyConstraint(
            ["organization_id", "parent_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_rate_plans_organization_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_rate_plans_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_type_id"],
            ["room_types.organization_id", "room_types.id"],
            name=op.f("fk_rate_plans_organization_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_rate_plans")),
        sa.UniqueConstraint(
            "organization_id", "room_type_id", "name", name=op.f("uq_rate_plans_organization_id_room_type_id_name")
        ),
    )
    op.create_index(
        op.f("ix_rate_plans_organization_id_property_id"),
        "rate_plans",
        ["organization_id", "property_id"],
        unique=False,
    )
    op.create_table(
        "room_mappings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("external_name", sa.String(length=255), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_room_mappings_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_type_id"],
            ["room_types.organization_id", "room_types.id"],
            name=op.f("fk_room_mappings_organization_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_room_mappings")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "external_id",
            name=op.f("uq_room_mappings_organization_id_connection_id_external_id"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "room_type_id",
            name=op.f("uq_room_mappings_organization_id_connection_id_room_type_id"),
        ),
    )
    op.create_table(
        "rooms",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column(
            "housekeeping",
            sa.Enum(
                "clean",
                "dirty",
                "out_of_order",
                name="housekeeping",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_rooms_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_type_id"],
            ["room_types.organization_id", "room_types.id"],
            name=op.f("fk_rooms_organization_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_rooms")),
        sa.UniqueConstraint(
            "organization_id", "property_id", "number", name=op.f("uq_rooms_organization_id_property_id_number")
        ),
    )
    op.create_index(
        op.f("ix_rooms_organization_id_room_type_id"), "rooms", ["organization_id", "room_type_id"], unique=False
    )
    op.create_table(
        "sync_runs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "ARI_PUSH",
                "ARI_PULL",
                "RESERVATION_PULL",
                "FULL_SYNC",
                "MAPPING_SYNC",
                name="synctype",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "IN_PROGRESS",
                "COMPLETED",
                "FAILED",
                "PARTIAL",
                name="syncstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("processed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_sync_runs_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_sync_runs_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_sync_runs")),
    )
    op.create_index(
        "ix_sync_runs_connection",
        "sync_runs",
        ["organization_id", "connection_id", sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_sync_runs_newest",
        "sync_runs",
        ["organization_id", "property_id", sa.literal_column("id desc")],
        unique=False,
    )
    op.create_table(
        "webhook_events",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "processed",
                "ignored",
                "failed",
                name="eventstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            server_default="received",
            nullable=False,
        ),
        sa.Column("event", sa.String(length=64), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=24), server_default="", nullable=False),
        sa.Column("event_key", sa.String(length=128), server_default="", nullable=False),
        sa.Column("repeat_of", sa.Uuid(), nullable=True),
        sa.Column("starts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("did", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("error", sa.String(length=500), server_default="", nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_webhook_events_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_events")),
    )
    op.create_index(
        "ix_webhook_events_key", "webhook_events", ["organization_id", "connection_id", "event_key"], unique=False
    )
    op.create_index(
        "ix_webhook_events_newest",
        "webhook_events",
        ["organization_id", "connection_id", sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_webhook_events_waiting",
        "webhook_events",
        ["organization_id", "connection_id"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "lanes",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("availability", "rates", name="lanekind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("room_type_id", sa.Uuid(), nullable=True),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dirty", postgresql.DATEMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("forgotten", postgresql.DATEMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("dirty_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("causes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("acknowledged", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("refused", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("seen", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(room_type_id, rate_plan_id) = 1", name=op.f("ck_lanes_one_subject")),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_lanes_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "rate_plan_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_lanes_organization_id_rate_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_type_id"],
            ["room_types.organization_id", "room_types.id"],
            name=op.f("fk_lanes_organization_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_lanes")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "rate_plan_id",
            name=op.f("uq_lanes_organization_id_connection_id_rate_plan_id"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "room_type_id",
            name=op.f("uq_lanes_organization_id_connection_id_room_type_id"),
        ),
    )
    op.create_index("ix_lanes_due", "lanes", ["due_at"], unique=False, postgresql_where=sa.text("due_at is not null"))
    op.create_index("ix_lanes_property", "lanes", ["organization_id", "property_id"], unique=False)
    op.create_table(
        "rate_days",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("min_stay_arrival", sa.SmallInteger(), nullable=True),
        sa.Column("min_stay_through", sa.SmallInteger(), nullable=True),
        sa.Column("max_stay", sa.SmallInteger(), nullable=True),
        sa.Column("closed_to_arrival", sa.Boolean(), nullable=True),
        sa.Column("closed_to_departure", sa.Boolean(), nullable=True),
        sa.Column("stop_sell", sa.Boolean(), nullable=True),
        sa.CheckConstraint("rate is null or (rate >= 0 and rate <> 'NaN')", name=op.f("ck_rate_days_rate")),
        sa.ForeignKeyConstraint(
            ["organization_id", "rate_plan_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_rate_days_organization_id_rate_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "rate_plan_id", "night", name=op.f("pk_rate_days")),
    )
    op.create_table(
        "rate_mappings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("external_name", sa.String(length=255), nullable=False),
        sa.Column("occupancy", sa.SmallInteger(), nullable=True),
        sa.Column("option_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_rate_mappings_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "rate_plan_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_rate_mappings_organization_id_rate_plan_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_rate_mappings")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "external_id",
            name=op.f("uq_rate_mappings_organization_id_connection_id_external_id"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "rate_plan_id",
            name=op.f("uq_rate_mappings_organization_id_connection_id_rate_plan_id"),
        ),
    )
    op.create_table(
        "rate_rules",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("last_night", sa.Date(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("min_stay_arrival", sa.SmallInteger(), nullable=True),
        sa.Column("min_stay_through", sa.SmallInteger(), nullable=True),
        sa.Column("max_stay", sa.SmallInteger(), nullable=True),
        sa.Column("closed_to_arrival", sa.Boolean(), nullable=True),
        sa.Column("closed_to_departure", sa.Boolean(), nullable=True),
        sa.Column("stop_sell", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rate is null or (rate >= 0 and rate <> 'NaN')", name=op.f("ck_rate_rules_rate")),
        sa.CheckConstraint("last_night >= first_night", name=op.f("ck_rate_rules_nights")),
        sa.CheckConstraint("weekdays between 1 and 127", name=op.f("ck_rate_rules_weekdays")),
        sa.ForeignKeyConstraint(
            ["organization_id", "rate_plan_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_rate_rules_organization_id_rate_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_rate_rules")),
    )
    op.create_index(
        op.f("ix_rate_rules_organization_id_rate_plan_id"),
        "rate_rules",
        ["organization_id", "rate_plan_id"],
        unique=False,
    )
    op.create_table(
        "reservation_rooms",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=True),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("adults", sa.SmallInteger(), nullable=False),
        sa.Column("children", sa.SmallInteger(), nullable=False),
        sa.Column("infants", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("nightly", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=True),
        sa.Column("external_room_type_id", sa.String(length=64), nullable=True),
        sa.Column("external_rate_plan_id", sa.String(length=64), nullable=True),
        sa.Column("guest_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("check_out > check_in", name=op.f("ck_reservation_rooms_stay")),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_reservation_rooms_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "rate_plan_id"],
            ["rate_plans.organization_id", "rate_plans.id"],
            name=op.f("fk_reservation_rooms_organization_id_rate_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "reservation_id"],
            ["reservations.organization_id", "reservations.id"],
            name=op.f("fk_reservation_rooms_organization_id_reservation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_id"],
            ["rooms.organization_id", "rooms.id"],
            name=op.f("fk_reservation_rooms_organization_id_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_type_id"],
            ["room_types.organization_id", "room_types.id"],
            name=op.f("fk_reservation_rooms_organization_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_reservation_rooms")),
    )
    op.create_index(
        "ix_reservation_rooms_reservation", "reservation_rooms", ["organization_id", "reservation_id"], unique=False
    )
    op.create_index(
        "ix_reservation_rooms_room", "reservation_rooms", ["organization_id", "room_id", "check_out"], unique=False
    )
    op.create_index(
        "ix_reservation_rooms_waiting",
        "reservation_rooms",
        ["organization_id", "property_id", "check_out"],
        unique=False,
        postgresql_where=sa.text("active and room_id is null"),
    )
    op.create_table(
        "room_blocks",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "maintenance",
                "out_of_order",
                "owner_use",
                "other",
                name="blockreason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends > starts", name=op.f("ck_room_blocks_nights")),
        sa.ForeignKeyConstraint(
            ["organization_id", "property_id"],
            ["properties.organization_id", "properties.id"],
            name=op.f("fk_room_blocks_organization_id_property_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_id"],
            ["rooms.organization_id", "rooms.id"],
            name=op.f("fk_room_blocks_organization_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_room_blocks")),
    )
    op.create_index(
        op.f("ix_room_blocks_organization_id_property_id_ends"),
        "room_blocks",
        ["organization_id", "property_id", "ends"],
        unique=False,
    )
    op.create_table(
        "room_nights",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("reservation_room_id", sa.Uuid(), nullable=True),
        sa.Column("block_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("num_nonnulls(reservation_room_id, block_id) = 1", name=op.f("ck_room_nights_one_taker")),
        sa.ForeignKeyConstraint(
            ["organization_id", "block_id"],
            ["room_blocks.organization_id", "room_blocks.id"],
            name=op.f("fk_room_nights_organization_id_block_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "reservation_room_id"],
            ["reservation_rooms.organization_id", "reservation_rooms.id"],
            name=op.f("fk_room_nights_organization_id_reservation_room_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "room_id"],
            ["rooms.organization_id", "rooms.id"],
            name=op.f("fk_room_nights_organization_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "room_id", "night", name=op.f("pk_room_nights")),
    )
    op.create_index("ix_room_nights_block", "room_nights", ["organization_id", "block_id"], unique=False)
    op.create_index(
        "ix_room_nights_property",
        "room_nights",
        ["organization_id", "property_id", "night", "room_type_id"],
        unique=False,
    )
    op.create_index("ix_room_nights_stay", "room_nights", ["organization_id", "reservation_room_id"], unique=False)
    op.create_table(
        "sends",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("sync_run_id", sa.Uuid(), nullable=True),
        sa.Column("api_call_id", sa.Uuid(), nullable=True),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("last_night", sa.Date(), nullable=False),
        sa.Column("runs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("task_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("causes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_id"],
            ["connections.organization_id", "connections.id"],
            name=op.f("fk_sends_organization_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "lane_id"],
            ["lanes.organization_id", "lanes.id"],
            name=op.f("fk_sends_organization_id_lane_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_sends")),
    )
    op.create_index(
        "ix_sends_lane", "sends", ["organization_id", "lane_id", sa.literal_column("id desc")], unique=False
    )
    op.create_index("ix_sends_run", "sends", ["organization_id", "sync_run_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sends_run", table_name="sends")
    op.drop_index("ix_sends_lane", table_name="sends")
    op.drop_table("sends")
    op.drop_index("ix_room_nights_stay", table_name="room_nights")
    op.drop_index("ix_room_nights_property", table_name="room_nights")
    op.drop_index("ix_room_nights_block", table_name="room_nights")
    op.drop_table("room_nights")
    op.drop_index(op.f("ix_room_blocks_organization_id_property_id_ends"), table_name="room_blocks")
    op.drop_table("room_blocks")
    op.drop_index(
        "ix_reservation_rooms_waiting",
        table_name="reservation_rooms",
        postgresql_where=sa.text("active and room_id is null"),
    )
    op.drop_index("ix_reservation_rooms_room", table_name="reservation_rooms")
    op.drop_index("ix_reservation_rooms_reservation", table_name="reservation_rooms")
    op.drop_table("reservation_rooms")
    op.drop_index(op.f("ix_rate_rules_organization_id_rate_plan_id"), table_name="rate_rules")
    op.drop_table("rate_rules")
    op.drop_table("rate_mappings")
    op.drop_table("rate_days")
    op.drop_index("ix_lanes_property", table_name="lanes")
    op.drop_index("ix_lanes_due", table_name="lanes", postgresql_where=sa.text("due_at is not null"))
    op.drop_table("lanes")
    op.drop_index(
        "ix_webhook_events_waiting", table_name="webhook_events", postgresql_where=sa.text("state = 'received'")
    )
    op.drop_index("ix_webhook_events_newest", table_name="webhook_events")
    op.drop_index("ix_webhook_events_key", table_name="webhook_events")
    op.drop_table("webhook_events")
    op.drop_index("ix_sync_runs_newest", table_name="sync_runs")
    op.drop_index("ix_sync_runs_connection", table_name="sync_runs")
    op.drop_table("sync_runs")
    op.drop_index(op.f("ix_rooms_organization_id_room_type_id"), table_name="rooms")
    op.drop_table("rooms")
    op.drop_table("room_mappings")
    op.drop_index(op.f("ix_rate_plans_organization_id_property_id"), table_name="rate_plans")
    op.drop_table("rate_plans")
    op.drop_index("uq_incidents_open", table_name="incidents", postgresql_where=sa.text("resolved_at is null"))
    op.drop_index("ix_incidents_property", table_name="incidents")
    op.drop_table("incidents")
    op.drop_index("ix_inbox_waiting", table_name="inbox", postgresql_where=sa.text("state = 'received'"))
    op.drop_index("ix_inbox_unacknowledged", table_name="inbox", postgresql_where=sa.text("acknowledged_at is null"))
    op.drop_index("ix_inbox_reservation", table_name="inbox")
    op.drop_index("ix_inbox_booking", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_duties_due", table_name="duties", postgresql_where=sa.text("due_at is not null"))
    op.drop_table("duties")
    op.drop_index("ix_conflicts_reservation", table_name="conflicts")
    op.drop_index("ix_conflicts_open", table_name="conflicts", postgresql_where=sa.text("resolved_at is null"))
    op.drop_table("conflicts")
    op.drop_table("channels")
    op.drop_index("ix_booking_links_reservation", table_name="booking_links")
    op.drop_table("booking_links")
    op.drop_index("ix_api_calls_run", table_name="api_calls")
    op.drop_index("ix_api_calls_at", table_name="api_calls")
    op.drop_table("api_calls")
    op.drop_table("room_types")
    op.drop_index(
        "uq_reservations_idempotency",
        table_name="reservations",
        postgresql_where=sa.text("idempotency_key is not null"),
    )
    op.drop_index("ix_reservations_newest", table_name="reservations")
    op.drop_index("ix_reservations_guest", table_name="reservations")
    op.drop_index("ix_reservations_departure", table_name="reservations")
    op.drop_index("ix_reservations_code", table_name="reservations")
    op.drop_index("ix_reservations_arrival", table_name="reservations")
    op.drop_table("reservations")
    op.drop_table("membership_properties")
    op.drop_index("ix_guest_keys_guest", table_name="guest_keys")
    op.drop_table("guest_keys")
    op.drop_index("uq_connections_webhook_key", table_name="connections")
    op.drop_index(
        "uq_connections_external",
        table_name="connections",
        postgresql_where=sa.text("external_property_id is not null"),
    )
    op.drop_table("connections")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_table("tenant_keys")
    op.drop_index("uq_provider_accounts_external", table_name="provider_accounts")
    op.drop_table("provider_accounts")
    op.drop_index(op.f("ix_properties_organization_id_name"), table_name="properties")
    op.drop_table("properties")
    op.drop_index("ix_memberships_user", table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("guests")
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("audit_heads")
    op.drop_table("users")
    op.drop_table("unrouted_messages")
    op.drop_table("schedule_slots")
    op.drop_table("provider_feeds")
    op.drop_table("organizations")
