"""How often somebody may try: to sign in, to ask for a mail, to type a code."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import structlog

from portal.crypto import token_hash
from portal.extensions import redis
from portal.services.errors import Refused
from portal.services.sentences import Phrase
from portal.throttle import Throttle

log = structlog.get_logger()

# Attempts, good ones included, in the window; without Redis each process counts for itself, with less.
WINDOW_SECONDS = 300
PER_ACCOUNT, PER_ACCOUNT_ALONE = 10, 5
PER_ADDRESS, PER_ADDRESS_ALONE = 60, 30
# Mails are asked for rarely, and each one reaches somebody.
MAIL_WINDOW_SECONDS = 900
MAILS_PER_ACCOUNT, MAILS_PER_ADDRESS = 4, 20
# Six digits, three of them good at any time: five guesses in the window find one in a century.
CODES_PER_ACCOUNT, CODES_ALONE = 5, 3
SIGN_UP_WINDOW_SECONDS = 3600
SIGN_UPS_PER_ADDRESS = 10


class TooManyAttempts(Refused):
    """Guessing is slowed down. `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(Phrase("There were too many attempts."))
        self.wait = max(1, round(wait))


def sign_in(email: str, address: str) -> None:
    """Count one attempt, for the account and for where it comes from. Raises `TooManyAttempts`."""
    _take("sign-in-address", network(address), PER_ADDRESS, PER_ADDRESS_ALONE)
    _take("sign-in-account", account_key(email), PER_ACCOUNT, PER_ACCOUNT_ALONE)


def mail(email: str, address: str) -> None:
    """Count one wish for a mail, whether or not the address is known to us. Raises `TooManyAttempts`."""
    _take("mail-address", network(address), MAILS_PER_ADDRESS, MAILS_PER_ADDRESS // 2, MAIL_WINDOW_SECONDS)
    _take("mail-account", account_key(email), MAILS_PER_ACCOUNT, MAILS_PER_ACCOUNT // 2, MAIL_WINDOW_SECONDS)


def sign_up(address: str) -> None:
    """Count one sign-up. Raises `TooManyAttempts`."""
    _take("sign-up", network(address), SIGN_UPS_PER_ADDRESS, SIGN_UPS_PER_ADDRESS // 2, SIGN_UP_WINDOW_SECONDS)


def code(user_id: object) -> None:
    """Count one typed code. Raises `TooManyAttempts`."""
    _take("second-step", str(user_id), CODES_PER_ACCOUNT, CODES_ALONE)


def account_key(email: str) -> str:
    """Redis and the log see no addresses of people."""
    return token_hash(email).hex()[:32]


def network(address: str) -> str:
    """An IPv6 customer has 2**64 addresses: they count as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else str(parsed)


def _take(name: str, key: str, limit: int, alone: int, window: float = WINDOW_SECONDS) -> None:
    wait = Throttle(redis.client, name, limit, window, alone).take(key)
    if wait:
        log.warning("attempts_throttled", what=name, key=key)
        raise TooManyAttempts(wait)
