"""The queries that look over all organizations. Each returns ids and counts only, and is named here.

`tests/test_catalogue.py` holds the list: a new one has to be added there by hand.
"""

from __future__ import annotations

from alembic import op

from migrations.tenancy import span, spanning_function

TABLES = (
    "organizations",
    "memberships",
    "tenant_keys",
    "connections",
    "duties",
    "lanes",
    "webhook_events",
    "inbox",
    "incidents",
    "sync_runs",
    "properties",
)

# name: (arguments, returned columns, query)
FUNCTIONS: dict[str, tuple[str, str, str]] = {
    # Which tenant a provider's property belongs to.
    "route_property": (
        "wanted_provider text, external text",
        "organization_id uuid, connection_id uuid",
        """select organization_id, id from connections
           where provider = wanted_provider and external_property_id = external and state <> 'disconnected'""",
    ),
    # Which connection an unguessable webhook address belongs to.
    "route_webhook_key": (
        "key_hash bytea",
        "organization_id uuid, connection_id uuid, provider text",
        """select organization_id, id, provider from connections
           where webhook_key_hash = key_hash and state <> 'disconnected'""",
    ),
    # Where a person who just signed in works.
    "organizations_of": (
        "wanted_user uuid",
        "organization_id uuid, name text, role text",
        """select m.organization_id, o.name, m.role from memberships m join organizations o on o.id = m.organization_id
           where m.user_id = wanted_user order by o.name""",
    ),
    "all_organizations": ("", "organization_id uuid", "select id from organizations"),
    # What is due now and held by nobody: the sweep rings for it.
    "due_work": (
        "most int",
        "organization_id uuid, connection_id uuid, duty text",
        """
        with waiting as (
            select organization_id, connection_id, 'push' as duty from lanes where due_at <= clock_timestamp()
            union
            select organization_id, connection_id, 'drain' from webhook_events where state = 'received'
            union
            select organization_id, connection_id, 'drain' from inbox where state = 'received'
            union
            select organization_id, connection_id, duty from duties where due_at <= clock_timestamp()
        )
        select w.organization_id, w.connection_id, w.duty
        from waiting w
        join duties d using (organization_id, connection_id, duty)
        join connections c on c.organization_id = w.organization_id and c.id = w.connection_id
        where (d.leased_until is null or d.leased_until < clock_timestamp())
          and (d.retry_at is null or d.retry_at <= clock_timestamp())
          and case when w.duty = 'drain' then c.state <> 'disconnected'
                   when w.duty = 'provision' then c.state in ('setting_up', 'active')
                   -- closing sales at the end of a connection does not ask the switches
                   when w.duty = 'push' and c.state = 'closing' then true
                   else c.state = 'active' and c.sync_enabled and (w.duty <> 'push' or c.push_enabled) end
        order by d.finished_at nulls first
        limit most""",
    ),
    "keys_to_rewrap": (
        "current_master text, most int",
        "organization_id uuid, purpose text, number smallint",
        """select organization_id, purpose, number from tenant_keys where master_key_id <> current_master
           order by organization_id, purpose, number limit most""",
    ),
    # The ages that are watched, in seconds; no ids at all.
    "work_ages": (
        "",
        "what text, waiting bigint, oldest_seconds double precision",
        """
        select 'webhook_events', count(*), coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)
        from webhook_events where state = 'received'
        union all
        select 'inbox', count(*), coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)
        from inbox where state = 'received'
        union all
        select 'lanes', count(*), coalesce(extract(epoch from clock_timestamp() - min(dirty_since)), 0)
        from lanes where due_at is not null
        union all
        select 'unacknowledged', count(*), coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)
        from inbox where acknowledged_at is null and received_at > clock_timestamp() - interval '30 days'
        """,
    ),
    # One row a tenant for the platform's people: counts and times only.
    "tenant_health": (
        "",
        """organization_id uuid, name text, properties bigint, connections bigint, active bigint, broken bigint,
        waiting_messages bigint, waiting_lanes bigint, oldest_lane_seconds double precision, open_incidents bigint,
        failed_runs_24h bigint, runs_24h bigint, last_accepted_at timestamptz, last_seen_at timestamptz""",
        """
        select o.id, o.name,
            (select count(*) from properties p where p.organization_id = o.id),
            (select count(*) from connections c where c.organization_id = o.id and c.state <> 'disconnected'),
            (select count(*) from connections c where c.organization_id = o.id and c.state = 'active'),
            (select count(*) from connections c where c.organization_id = o.id and c.state = 'broken'),
            (select count(*) from inbox i where i.organization_id = o.id and i.state = 'received')
            + (select count(*) from webhook_events w where w.organization_id = o.id and w.state = 'received'),
            (select count(*) from lanes l where l.organization_id = o.id and l.due_at is not null),
            (select coalesce(extract(epoch from clock_timestamp() - min(l.dirty_since)), 0) from lanes l
             where l.organization_id = o.id and l.due_at is not null),
            (select count(*) from incidents i where i.organization_id = o.id and i.resolved_at is null),
            (select count(*) from sync_runs s where s.organization_id = o.id and s.status = 'FAILED'
             and s.started_at > clock_timestamp() - interval '24 hours'),
            (select count(*) from sync_runs s where s.organization_id = o.id
             and s.started_at > clock_timestamp() - interval '24 hours'),
            (select max(l.accepted_at) from lanes l where l.organization_id = o.id),
            (select max(l.seen_at) from lanes l where l.organization_id = o.id)
        from organizations o order by o.name""",
    ),
}


def install() -> None:
    span(TABLES)
    for name, (arguments, returns, query) in FUNCTIONS.items():
        spanning_function(name, arguments, returns, query)


def remove() -> None:
    for name in FUNCTIONS:
        op.execute(f"drop function {name}")
    for table in TABLES:
        op.execute(f"drop policy spanning on {table}")
