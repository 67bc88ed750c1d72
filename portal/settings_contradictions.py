"""Settings that are right one by one and wrong together, each said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal import settings_parsers as parse


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is wrong although each setting alone is right. Settings that failed already are absent here."""
    problems = []
    if values.get("roomwire_env") == "production":
        if values.get("debug"):
            problems.append("DEBUG is on in production: it shows secrets to visitors and lets them run code.")
        if not values.get("public_url", "https://").startswith("https://"):
            problems.append("PUBLIC_URL must begin with https:// in production: sessions travel over it.")
        if not parse.redis_is_guarded(values.get("redis_url", "unix://")):
            problems.append("REDIS_URL needs a password in production: whoever reaches Redis can queue jobs.")
    problems += mail_contradictions(values)
    if values.get("sync_debounce_seconds", 0) > values.get("sync_debounce_limit_seconds", float("inf")):
        problems.append("SYNC_DEBOUNCE_SECONDS is longer than SYNC_DEBOUNCE_LIMIT_SECONDS.")
    return problems


def mail_contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is wrong with the mail settings together."""
    problems = []
    host = values.get("mail_host")
    if host and not values.get("mail_from", "unknown"):
        problems.append("MAIL_FROM is missing: mails need a sender.")
    if values.get("sign_up") == "open" and not host:
        problems.append("SIGN_UP is open without MAIL_HOST: nobody could verify an address.")
    if values.get("roomwire_env") == "production":
        if values.get("mailbox_url"):
            problems.append("MAILBOX_URL is for practice: in production mails are nobody else's business.")
        if host and values.get("mail_tls") == "off" and host not in ("127.0.0.1", "::1", "localhost"):
            problems.append("MAIL_TLS is off in production: links that open accounts would travel in the open.")
    return problems
