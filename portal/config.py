"""Every setting of the portal: read once from the environment, refused in words when wrong.

`python -m portal.config` prints docs/configuration.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from portal import settings_parsers as parse
from portal.settings_contradictions import contradictions
from portal.settings_parsers import ConfigError

__all__ = ["ConfigError", "Settings", "check_database_role", "check_redis_policy"]


def setting(env: str, help: str, reader: parse.Reader, default: str | None = None, group: str = "Portal") -> Any:
    """Declare a setting: its name in the environment, a sentence for the handbook, how to read it.

    `default` is written as it would stand in the environment; without one the setting is demanded.
    """
    return field(metadata={"env": env, "help": help, "reader": reader, "default": default, "group": group})


@dataclass(frozen=True, repr=False)
class Settings:
    """What the portal was told. Frozen; secrets are left out of its `repr`."""

    # -- the portal ------------------------------------------------------------------------------
    roomwire_env: str = setting(
        "ROOMWIRE_ENV",
        "Where this is: `development`, `test` or `production`. Production refuses what is only fit for a desk.",
        parse.choice("development", "test", "production"),
        "production",
    )
    secret_key: str = setting(
        "SECRET_KEY", "Signs cookies and forms. At least 32 random characters; changing it signs everybody out.",
        parse.secret(32),
    )  # fmt: skip
    master_keys: tuple[tuple[str, bytes], ...] = setting(
        "ROOMWIRE_MASTER_KEYS",
        "Opens the tenants' data keys: `id:base64[,id:base64]`, 32 bytes each. The first one seals, all of them open. "
        "Without it no stored credential or guest can be read: keep a copy away from the database.",
        parse.master_keys,
    )
    public_url: str = setting(
        "PUBLIC_URL", "The address people and providers reach the portal at, such as `https://rooms.example.com`.",
        parse.origin,
    )  # fmt: skip
    host: str = setting("HOST", "The address the web server listens on.", parse.text, "127.0.0.1")
    port: int = setting("PORT", "The port the web server listens on.", parse.whole(1, 65535), "8000")
    trusted_proxies: int = setting(
        "TRUSTED_PROXIES",
        "How many proxies stand before the portal. Their `X-Forwarded-*` headers are believed, nobody else's.",
        parse.whole(0, 10),
        "0",
    )
    debug: bool = setting("DEBUG", "Show errors in the browser. Refused in production.", parse.switch, "off")

    # -- stores ----------------------------------------------------------------------------------
    database_url: str = setting(
        "DATABASE_URL",
        "PostgreSQL 16 or newer, as the role `roomwire_app`: `postgresql://roomwire_app:…@host/roomwire`. "
        "A role that may step around row-level security is refused.",
        parse.address("postgresql"),
        group="Stores",
    )
    database_owner_url: str | None = setting(
        "DATABASE_OWNER_URL",
        "The same database as the role `roomwire_owner`. Read by migrations only; the running portal does not need it.",
        parse.optional(parse.address("postgresql")),
        "",
        "Stores",
    )
    database_pool: int = setting(
        "DATABASE_POOL", "Connections each process keeps at most.", parse.whole(1, 100), "6", "Stores"
    )
    redis_url: str = setting(
        "REDIS_URL",
        "Redis 6.2 or newer with `maxmemory-policy noeviction`: `redis://:…@host:6379/0`. In production with a "
        "password, unless it is reached through a socket (`unix:///…`).",
        parse.address("redis", "rediss", "unix"),
        group="Stores",
    )

    # -- processes -------------------------------------------------------------------------------
    web_workers: int = setting("WEB_WORKERS", "Processes that answer requests.", parse.whole(1, 64), "2", "Processes")
    web_threads: int = setting("WEB_THREADS", "Threads in each of them.", parse.whole(1, 64), "4", "Processes")
    worker_processes: int = setting(
        "WORKER_PROCESSES", "Processes that talk to providers and apply bookings.", parse.whole(1, 64), "2", "Processes"
    )
    log_level: str = setting(
        "LOG_LEVEL", "The least important message that is written.", parse.LEVELS, "INFO", "Processes"
    )
    log_format: str = setting(
        "LOG_FORMAT", "`console` for people, `json` for machines.", parse.choice("console", "json"), "json", "Processes"
    )
    prometheus_multiproc_dir: str | None = setting(
        "PROMETHEUS_MULTIPROC_DIR",
        "A folder in which the web processes add up their figures for `/metrics`. Emptied at each start.",
        parse.optional(parse.text),
        "",
        "Processes",
    )

    # -- accounts and mail -----------------------------------------------------------------------
    sign_up: str = setting(
        "SIGN_UP",
        "Whether anybody may found an organization: `open` or `closed`. Open needs a mail server.",
        parse.choice("open", "closed"),
        "closed",
        "Accounts and mail",
    )
    mail_host: str | None = setting(
        "MAIL_HOST",
        "The mail server (SMTP). Without it no mail is sent: no invitations, no password reset by mail.",
        parse.optional(parse.text),
        "",
        "Accounts and mail",
    )
    mail_port: int = setting(
        "MAIL_PORT", "Its port: 587 for `starttls`, 465 for `tls`.", parse.whole(1, 65535), "587", "Accounts and mail"
    )
    mail_tls: str = setting(
        "MAIL_TLS",
        "How the way there is protected: `starttls`, `tls` from the first byte, or `off`. The server's certificate is "
        "checked. `off` is refused in production unless the server is on this machine.",
        parse.choice("starttls", "tls", "off"),
        "starttls",
        "Accounts and mail",
    )
    mail_user: str | None = setting(
        "MAIL_USER", "The account at the mail server, if it asks for one.", parse.optional(parse.text), "",
        "Accounts and mail",
    )  # fmt: skip
    mail_password: str | None = setting(
        "MAIL_PASSWORD", "Its password.", parse.optional(parse.text), "", "Accounts and mail"
    )
    mail_from: str | None = setting(
        "MAIL_FROM",
        "Who the mails are from, such as `Roomwire <rooms@example.com>`. Needed with MAIL_HOST.",
        parse.optional(parse.mailbox),
        "",
        "Accounts and mail",
    )
    mailbox_url: str | None = setting(
        "MAILBOX_URL",
        "Only for practice: the page where a simulated mail server shows its mails, named on the sign-in page. "
        "Refused in production.",
        parse.optional(parse.address("http")),
        "",
        "Accounts and mail",
    )

    # -- Channex ---------------------------------------------------------------------------------
    channex_api_url: str = setting(
        "CHANNEX_API_URL", "Where Channex answers, with the version, such as `https://staging.channex.io/api/v1`.",
        parse.address("http", "https"), "https://app.channex.io/api/v1", "Channex",
    )  # fmt: skip
    channex_api_key: str | None = setting(
        "CHANNEX_API_KEY", "The master key of your Channex account. Without it no property is connected to Channex.",
        parse.optional(parse.text), "", "Channex",
    )  # fmt: skip
    channex_webhook_secret: str | None = setting(
        "CHANNEX_WEBHOOK_SECRET",
        "Travels in a header of every webhook and proves the sender. Without it the account-wide webhook is refused.",
        parse.optional(parse.secret(16)),
        "",
        "Channex",
    )
    channex_sync_batch_size: int = setting(
        "CHANNEX_SYNC_BATCH_SIZE", "Booking messages asked for at once.", parse.whole(1, 100), "100", "Channex"
    )
    channex_rate_limit_per_minute: int = setting(
        "CHANNEX_RATE_LIMIT_PER_MINUTE",
        "Calls in a minute per property and endpoint. Channex allows 10.",
        parse.whole(1, 600),
        "10",
        "Channex",
    )
    channex_sync_enabled: bool = setting(
        "CHANNEX_SYNC_ENABLED", "The main switch of everything below.", parse.switch, "on", "Channex"
    )
    channex_push_enabled: bool = setting(
        "CHANNEX_PUSH_ENABLED", "Send availability and rates.", parse.switch, "on", "Channex"
    )
    channex_pull_enabled: bool = setting(
        "CHANNEX_PULL_ENABLED", "Ask for bookings on a schedule.", parse.switch, "on", "Channex"
    )
    channex_webhook_enabled: bool = setting(
        "CHANNEX_WEBHOOK_ENABLED", "Take webhooks. Off: they are sent away to come again, and bookings are read on "
        "schedule.", parse.switch, "on", "Channex",
    )  # fmt: skip
    channex_debug: bool = setting(
        "CHANNEX_DEBUG", "Keep the redacted bodies of successful calls too.", parse.switch, "off", "Channex"
    )
    channex_log_level: str = setting(
        "CHANNEX_LOG_LEVEL", "As LOG_LEVEL, for the Channex connector alone.", parse.LEVELS, "INFO", "Channex"
    )

    # -- Beds24 ----------------------------------------------------------------------------------
    beds24_api_url: str = setting(
        "BEDS24_API_URL", "Where Beds24 answers, with the version. Credentials are each account's own, not settings.",
        parse.address("http", "https"), "https://api.beds24.com/v2", "Beds24",
    )  # fmt: skip
    beds24_organization: str | None = setting(
        "BEDS24_ORGANIZATION", "The name Beds24 gave you as an integration partner. Nobody else sends one.",
        parse.optional(parse.text), "", "Beds24",
    )  # fmt: skip
    beds24_webhook_signature_secret: str | None = setting(
        "BEDS24_WEBHOOK_SIGNATURE_SECRET",
        "Only behind a relay of yours that signs: then each delivery must carry `X-Beds24-Signature`, the SHA-256 "
        "HMAC of its raw body with this secret. Beds24 itself signs nothing.",
        parse.optional(parse.secret(16)),
        "",
        "Beds24",
    )
    beds24_sync_enabled: bool = setting(
        "BEDS24_SYNC_ENABLED", "The main switch of everything below.", parse.switch, "on", "Beds24"
    )
    beds24_push_enabled: bool = setting(
        "BEDS24_PUSH_ENABLED", "Send availability and rates.", parse.switch, "on", "Beds24"
    )
    beds24_pull_enabled: bool = setting(
        "BEDS24_PULL_ENABLED", "Ask for bookings on a schedule.", parse.switch, "on", "Beds24"
    )
    beds24_webhook_enabled: bool = setting(
        "BEDS24_WEBHOOK_ENABLED", "Take webhooks. Off: they are sent away to come again, and bookings are read on "
        "schedule.", parse.switch, "on", "Beds24",
    )  # fmt: skip

    # -- synchronisation -------------------------------------------------------------------------
    sync_debounce_seconds: float = setting(
        "SYNC_DEBOUNCE_SECONDS",
        "How long a change waits for more changes. Closings never wait.",
        parse.number(0, 300),
        "2",
        "Synchronisation",
    )
    sync_debounce_limit_seconds: float = setting(
        "SYNC_DEBOUNCE_LIMIT_SECONDS",
        "The longest a change waits while others keep coming.",
        parse.number(0, 3600),
        "8",
        "Synchronisation",
    )
    sweep_seconds: float = setting(
        "SWEEP_SECONDS", "How often work that nobody was told of is looked for.", parse.number(0.1, 300), "1",
        "Synchronisation",
    )  # fmt: skip
    pull_minutes: float = setting(
        "PULL_MINUTES", "How often each connection is asked for bookings, besides webhooks.", parse.number(0.1, 1440),
        "5", "Synchronisation",
    )  # fmt: skip
    full_sync_hour: int = setting(
        "FULL_SYNC_HOUR",
        "The hour of the daily full sync, in each property's own time zone.",
        parse.whole(0, 23),
        "3",
        "Synchronisation",
    )
    parity_hours: float = setting(
        "PARITY_HOURS",
        "How often a provider's calendar is read back and compared with ours.",
        parse.number(0.1, 168),
        "6",
        "Synchronisation",
    )
    lease_seconds: float = setting(
        "LEASE_SECONDS",
        "How long claimed work stays with a worker that gives no sign of life.",
        parse.number(1, 600),
        "20",
        "Synchronisation",
    )
    provider_deadline_seconds: float = setting(
        "PROVIDER_DEADLINE_SECONDS",
        "The longest a call to a provider may take, from first to last byte.",
        parse.number(0.1, 300),
        "10",
        "Synchronisation",
    )

    # -- keeping ---------------------------------------------------------------------------------
    webhook_body_limit_bytes: int = setting(
        "WEBHOOK_BODY_LIMIT_BYTES", "The longest webhook that is accepted.", parse.whole(1024, 33554432), "1048576",
        "Keeping",
    )  # fmt: skip
    api_call_retention_days: int = setting(
        "API_CALL_RETENTION_DAYS", "How long calls to providers are kept.", parse.whole(1, 3650), "30", "Keeping"
    )
    webhook_retention_days: int = setting(
        "WEBHOOK_RETENTION_DAYS", "How long finished webhooks are kept.", parse.whole(1, 3650), "90", "Keeping"
    )
    session_idle_minutes: int = setting(
        "SESSION_IDLE_MINUTES", "A session unused for so long ends.", parse.whole(1, 525600), "720", "Keeping"
    )
    session_days: int = setting(
        "SESSION_DAYS", "Every session ends after so long.", parse.whole(1, 365), "30", "Keeping"
    )

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read all settings. Raises `ConfigError` naming every problem at once, never a value."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for each in fields(cls):
            name = each.metadata["env"]
            words = env.get(name, "").strip() or each.metadata["default"]
            if words is None:
                problems.append(f"{name} is missing: {each.metadata['help']}")
                continue
            try:
                values[each.name] = each.metadata["reader"](words)
            except ValueError as problem:
                problems.append(f"{name} {problem}.")
        problems += contradictions(values)
        if problems:
            raise ConfigError(problems)
        return cls(**values)

    @property
    def in_production(self) -> bool:
        return self.roomwire_env == "production"

    @property
    def sqlalchemy_url(self) -> str:
        """`database_url` with the driver named, as SQLAlchemy wants it."""
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    def __repr__(self) -> str:
        return f"<Settings {self.roomwire_env} {self.public_url}>"


def check_database_role(is_superuser: bool, bypass_rls: bool) -> None:
    """Refuse a database role before which row-level security means nothing. Raises `ConfigError`."""
    if is_superuser or bypass_rls:
        power = "is a superuser" if is_superuser else "may bypass row-level security (BYPASSRLS)"
        raise ConfigError(
            [f"The role in DATABASE_URL {power}: every tenant could see every other one's data. Use roomwire_app."]
        )


def check_redis_policy(policy: str) -> None:
    """Refuse a Redis that forgets jobs when its memory is full. Raises `ConfigError`."""
    if policy != "noeviction":
        raise ConfigError([f"Redis has maxmemory-policy {policy} and would drop jobs. Set it to noeviction."])


def handbook() -> str:
    """docs/configuration.md."""
    lines = [
        "# Configuration",
        "",
        "Every setting comes from the environment and is read once, at the start. What is wrong is said in one go and",
        "nothing is started. This page is generated: `python -m portal.config > docs/configuration.md`.",
        "",
        "Switches understand `on`, `off`, `true`, `false`, `yes`, `no`, `1` and `0`. An empty value counts as not set.",
    ]
    group = ""
    for each in fields(Settings):
        if each.metadata["group"] != group:
            group = each.metadata["group"]
            lines += ["", f"## {group}", "", "| setting | default | meaning |", "| --- | --- | --- |"]
        lines.append(f"| `{each.metadata['env']}` | {written_default(each)} | {each.metadata['help']} |")
    return "\n".join(lines) + "\n"


def written_default(each: Field[Any]) -> str:
    """A default as the handbook shows it."""
    assert each.default is MISSING  # a default outside the metadata would never be read from the environment
    default = each.metadata["default"]
    return "**required**" if default is None else f"`{default}`" if default else "none"


if __name__ == "__main__":
    sys.stdout.write(handbook())
