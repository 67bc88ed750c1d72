"""What the demo's processes are told. What the caller set in the environment wins over the demo's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.keys import Keys
from demo.trouble import Trouble

BOOKINGS_PER_MINUTE = "6"


@dataclass(frozen=True)
class Plan:
    """Which parts the demo brings itself; the others are somebody else's and already there."""

    postgres: bool
    redis: bool
    sandbox: bool
    traffic: bool


def plan(env: Mapping[str, str]) -> Plan:
    """Read the caller's wishes. Raises `Trouble` when they do not fit together."""
    if env.get("DATABASE_URL") and not env.get("DATABASE_OWNER_URL"):
        raise Trouble(
            "DATABASE_URL is set, so DATABASE_OWNER_URL is needed too: the tables are made by roomwire_owner, "
            "while the portal works as roomwire_app and may not own them."
        )
    if env.get("CHANNEX_API_URL") and not env.get("CHANNEX_API_KEY"):
        raise Trouble("CHANNEX_API_URL is set, so CHANNEX_API_KEY is needed too: the key of your account there.")
    sandbox = not env.get("CHANNEX_API_URL")
    rate = env.get("DEMO_BOOKINGS_PER_MINUTE") or BOOKINGS_PER_MINUTE
    try:
        traffic = sandbox and float(rate) > 0
    except ValueError:
        raise Trouble(f"DEMO_BOOKINGS_PER_MINUTE must be a number, 0 for none; it is {rate}.") from None
    return Plan(not env.get("DATABASE_URL"), not env.get("REDIS_URL"), sandbox, traffic)


def defaults(keys: Keys, folder: Path, port: int) -> dict[str, str]:
    """The demo's own settings, addresses of servers left out."""
    return {
        "ROOMWIRE_ENV": "development",
        "SECRET_KEY": keys.secret_key,
        "ROOMWIRE_MASTER_KEYS": keys.master_keys,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_FORMAT": "console",
        "LOG_LEVEL": "INFO",
        "CHANNEX_WEBHOOK_SECRET": keys.webhook_secret,
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
    }


def for_sandbox(keys: Keys, port: int) -> dict[str, str]:
    """What leads the portal, the seed and the simulated guests to our sandbox, which may be filled without asking."""
    return {
        "BEDS24_API_URL": f"http://127.0.0.1:{port}/v2",
        "CHANNEX_API_URL": f"http://127.0.0.1:{port}/api/v1",
        "CHANNEX_API_KEY": keys.channex_api_key,
        "DEMO_SANDBOX_URL": f"http://127.0.0.1:{port}",
        "DEMO_PROVISION": "1",
        "DEMO_BOOKINGS_PER_MINUTE": BOOKINGS_PER_MINUTE,
    }


def for_mailbox(port: int, sandbox_port: int) -> dict[str, str]:
    """Mails go to the sandbox's mailbox, so strangers may sign up."""
    return {
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_TLS": "off",
        "MAIL_FROM": "Roomwire <rooms@roomwire.example>",
        "MAILBOX_URL": f"http://127.0.0.1:{sandbox_port}/mailbox",
        "SIGN_UP": "open",
    }


def merged(own: Mapping[str, str], callers: Mapping[str, str]) -> dict[str, str]:
    """Both together; what the caller set to something wins."""
    return {**own, **{name: words for name, words in callers.items() if words or name not in own}}
