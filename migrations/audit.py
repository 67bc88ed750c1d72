"""The audit chain: PostgreSQL numbers and hashes each row, so that the application cannot.

hash(n) = sha256(hash(n-1) || row n as a JSON array || sealed changes). Deleting or altering a row,
even as the owner, breaks every hash after it; `audit_break` names the first one.
"""

from __future__ import annotations

from alembic import op

ROW = """jsonb_build_array(
    {r}.organization_id, {r}.id, {r}.number, {r}.at at time zone 'utc', {r}.actor_kind, {r}.actor_id, {r}.actor_name,
    {r}.action, {r}.subject_kind, {r}.subject_id, {r}.property_id, {r}.address, {r}.correlation_id)"""
HASH = "sha256({previous} || convert_to({row}::text, 'UTF8') || coalesce({r}.changes_sealed, ''::bytea))"


def hash_of(row: str, previous: str) -> str:
    return HASH.format(previous=previous, row=ROW.format(r=row), r=row)


def install() -> None:
    op.execute(
        f"""
        create function audit_chain() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $body$
        declare head audit_heads%rowtype;
        begin
            select * into head from audit_heads where organization_id = new.organization_id for update;
            if not found then
                insert into audit_heads (organization_id, number, hash)
                values (new.organization_id, 0, sha256(convert_to(new.organization_id::text, 'UTF8')))
                on conflict do nothing;
                select * into head from audit_heads where organization_id = new.organization_id for update;
            end if;
            new.number := head.number + 1;
            new.at := clock_timestamp();
            new.previous_hash := head.hash;
            new.hash := {hash_of("new", "head.hash")};
            update audit_heads set number = new.number, hash = new.hash
            where organization_id = new.organization_id;
            return new;
        end $body$"""
    )
    op.execute("revoke all on function audit_chain() from public")
    op.execute("create trigger audit_chain before insert on audit_log for each row execute function audit_chain()")
    # Runs as the caller: it sees, and answers for, the current organization only.
    op.execute(
        f"""
        create function audit_break() returns bigint language sql stable
        set search_path = pg_catalog, public as $body$
            select min(number) from (
                -- the newest entries taken away leave a head without a body
                select h.number from audit_heads h
                where not exists (select 1 from audit_log l
                                  where l.organization_id = h.organization_id and l.number = h.number
                                    and l.hash = h.hash)
                union all
                select number from (
                select a.number,
                       a.hash = {hash_of("a", "a.previous_hash")}
                       and a.number = lag(a.number, 1, 0::bigint) over chain + 1
                       and a.previous_hash = coalesce(
                           lag(a.hash) over chain, sha256(convert_to(a.organization_id::text, 'UTF8'))) as sound
                    from audit_log a window chain as (order by a.number)
                ) as links where not sound
            ) as breaks
        $body$"""
    )


def remove() -> None:
    op.execute("drop function audit_break()")
    op.execute("drop trigger audit_chain on audit_log")
    op.execute("drop function audit_chain()")
