"""The walls as PostgreSQL has them: a table that was added without them fails here."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import portal.models  # noqa: F401  (loads every table into the metadata)
from migrations.spanning import FUNCTIONS
from portal.extensions import Base

APP, OWNER = "roomwire_app", "roomwire_owner"
OURS = "relnamespace = 'public'::regnamespace"

# Tables that belong to the installation. Each one here was thought about: it holds no data of a tenant's guests.
GLOBAL = {
    "users",
    "user_sessions",
    "unrouted_messages",
    "provider_feeds",
    "schedule_slots",
    "alembic_version",
    "mails",
    "tokens",
    "second_steps",
    "recovery_codes",
    "master_switches",
}
# Unique across organizations on purpose: each one here was thought about, since it tells that a value exists.
UNIQUE_ACROSS = {"uq_provider_accounts_external", "uq_connections_external", "uq_connections_webhook_key"}
# SECURITY DEFINER, besides the spanning functions: the trigger that chains the audit log.
DEFINERS = {"audit_chain"}
# What the application may do to a table, other than all four.
NARROW = {
    "organizations": {"SELECT", "INSERT", "UPDATE"},
    "audit_log": {"SELECT", "INSERT"},
    "audit_heads": {"SELECT"},
    "alembic_version": {"SELECT"},
}
EVERYTHING = {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.fixture
def rows(db):
    return lambda query, **values: db.session.execute(text(query), values).all()


def tables(rows):
    found = rows("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')")
    return {row.relname for row in found}


def tenant_tables(rows):
    return tables(rows) - GLOBAL


def test_every_table_of_the_models_is_in_the_database_and_the_other_way_round(rows):
    assert tables(rows) == set(Base.metadata.tables) | {"alembic_version"}


def test_nothing_shows_rows_around_the_walls(rows):
    around = rows(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')"
    )

    assert around == []


def test_every_tenant_table_forces_row_level_security(rows):
    walled = rows("select relname from pg_class where relrowsecurity and relforcerowsecurity")

    assert tenant_tables(rows) <= {row.relname for row in walled}


def test_every_tenant_table_checks_what_is_read_and_what_is_written(rows):
    policies = rows("select * from pg_policies where policyname = 'tenant' and roles = :roles", roles=[APP])
    by_table = {policy.tablename: policy for policy in policies}

    assert set(by_table) == tenant_tables(rows)
    for table, policy in by_table.items():
        column = "id" if table == "organizations" else "organization_id"
        assert policy.cmd == "ALL" and policy.permissive == "PERMISSIVE", table
        for side in (policy.qual, policy.with_check):
            assert side and side.startswith(f"({column} = ") and "roomwire.organization" in side, table


def test_no_other_policy_lets_the_application_in(rows):
    others = rows("select tablename, policyname, roles from pg_policies where policyname <> 'tenant'")

    assert {policy.policyname for policy in others} == {"spanning"}
    assert all(policy.roles == [OWNER] for policy in others)


def test_every_tenant_table_names_its_organization(rows):
    found = rows(
        "select relname from pg_class join pg_attribute on attrelid = pg_class.oid "
        f"where attname = 'organization_id' and attnotnull and atttypid = 'uuid'::regtype and {OURS}"
    )

    assert tenant_tables(rows) - {"organizations"} <= {row.relname for row in found}


def test_the_application_has_no_power_over_the_walls(rows):
    (role,) = rows("select * from pg_roles where rolname = current_user")

    assert role.rolname == APP
    assert not any((role.rolsuper, role.rolbypassrls, role.rolcreaterole, role.rolcreatedb, role.rolreplication))
    assert rows(f"select 1 from pg_class where relowner = :me and {OURS}", me=role.oid) == []
    assert rows("select 1 from pg_auth_members where member = :me", me=role.oid) == []
    assert rows("select 1 from pg_proc where proowner = :me", me=role.oid) == []


def test_the_owner_is_bound_by_the_walls_too(rows):
    (owner,) = rows("select * from pg_roles where rolname = :owner", owner=OWNER)

    assert not owner.rolsuper and not owner.rolbypassrls


def test_the_application_may_do_what_it_needs_and_no_more(rows):
    granted: dict[str, set[str]] = {table: set() for table in tables(rows)}
    for row in rows(
        "select relname, privilege_type from pg_class, aclexplode(relacl) join pg_roles on pg_roles.oid = grantee "
        f"where rolname = :app and {OURS} and relkind = 'r'",
        app=APP,
    ):
        granted[row.relname].add(row.privilege_type)

    assert granted == {table: NARROW.get(table, EVERYTHING) for table in tables(rows)}


def test_nobody_else_may_touch_anything(rows):
    to_everybody = rows(
        "select relname from pg_class, aclexplode(relacl) as acl where acl.grantee = 0 "
        "and relnamespace = 'public'::regnamespace"
    )

    assert to_everybody == []
    assert rows("select has_schema_privilege(:app, 'public', 'CREATE') as may", app=APP)[0].may is False


def test_foreign_keys_between_tenant_tables_hold_the_organization(rows):
    tenants = tenant_tables(rows)
    keys = rows(
        """
        select c.conname, c.conrelid::regclass::text as here, c.confrelid::regclass::text as there,
               array(select attname::text from unnest(c.conkey) with ordinality k(n, o)
                     join pg_attribute on attrelid = c.conrelid and attnum = n order by o) as ours,
               array(select attname::text from unnest(c.confkey) with ordinality k(n, o)
                     join pg_attribute on attrelid = c.confrelid and attnum = n order by o) as theirs
        from pg_constraint c where contype = 'f' and connamespace = 'public'::regnamespace
        """
    )
    checked = 0
    for key in keys:
        if key.here in tenants and key.there in tenants:
            partner = "id" if key.there == "organizations" else "organization_id"
            assert dict(zip(key.ours, key.theirs, strict=True)).get("organization_id") == partner, key.conname
            checked += 1

    assert checked > 20


def test_unique_keys_of_tenant_tables_hold_the_organization(rows):
    tenants = tenant_tables(rows) - {"organizations"}
    uniques = rows(
        """
        select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as here,
               array(select attname::text from unnest(i.indkey::int2[]) n
                     join pg_attribute on attrelid = i.indrelid and attnum = n) as columns
        from pg_index i join pg_class c on c.oid = i.indrelid
        where i.indisunique and c.relnamespace = 'public'::regnamespace
        """
    )
    without = {row.name for row in uniques if row.here in tenants and "organization_id" not in row.columns}

    assert without == UNIQUE_ACROSS


def test_only_the_named_functions_look_over_the_walls(rows):
    functions = rows(
        "select proname, proconfig, proacl::text as acl, provolatile from pg_proc "
        "where prosecdef and pronamespace = 'public'::regnamespace"
    )

    assert {row.proname for row in functions} == set(FUNCTIONS) | DEFINERS
    for row in functions:
        assert row.proconfig == ["search_path=pg_catalog, public"], row.proname
        assert row.acl and "=X" not in row.acl.replace(f"{APP}=X", "").replace(f"{OWNER}=X", ""), row.proname


def test_spanning_functions_return_ids_names_of_tenants_and_counts_only():
    allowed = {"uuid", "text", "bigint", "smallint", "precision", "timestamptz"}
    for name, (_, returns, _) in FUNCTIONS.items():
        columns = {part.split()[0]: part.split()[-1] for part in returns.split(",")}
        assert set(columns.values()) <= allowed, name
        words = {column for column, kind in columns.items() if kind == "text"}
        assert words <= {"name", "role", "provider", "duty", "what", "purpose"}, name
