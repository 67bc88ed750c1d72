"""The walls between organizations, for migrations: row-level security, policies and grants.

Every new tenant table calls `protect`; `tests/test_catalogue.py` fails when one does not.
The policies name the two roles: `roomwire_app` sees one organization at a time; `roomwire_owner`,
which forced row-level security binds too, may read what a spanning function needs and no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op

APP = "roomwire_app"
OWNER = "roomwire_owner"

# nullif: after its first use in a session the setting is '' and not NULL, and ''::uuid raises.
# The sub-select makes it one init-plan per query instead of a call per row.
CURRENT = "(select nullif(current_setting('roomwire.organization', true), '')::uuid)"


def protect(
    table: str,
    *,
    column: str = "organization_id",
    rights: str = "select, insert, update, delete",
) -> None:
    """Let the application see and write only the current organization's rows."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy tenant on {table} to {APP} using ({column} = {CURRENT}) with check ({column} = {CURRENT})"
    )
    grant(table, rights)


def grant(table: str, rights: str) -> None:
    if rights:
        op.execute(f"grant {rights} on {table} to {APP}")


def span(tables: Iterable[str], command: str = "select") -> None:
    """Let the owner's SECURITY DEFINER functions read across organizations."""
    for table in tables:
        check = " with check (true)" if command == "all" else ""
        op.execute(f"create policy spanning on {table} for {command} to {OWNER} using (true){check}")


def spanning_function(name: str, arguments: str, returns: str, body: str) -> None:
    """A named, fixed query over all organizations that returns ids and counts only."""
    types = ", ".join(part.split()[-1] for part in arguments.split(",") if part.strip())
    op.execute(
        f"create function {name}({arguments}) returns table ({returns}) language sql stable security definer "
        f"set search_path = pg_catalog, public as $body${body}$body$"
    )
    op.execute(f"revoke all on function {name}({types}) from public")
    op.execute(f"grant execute on function {name}({types}) to {APP}")
