"""The keeper of one account's tokens: sealed in a row, committed when saved, renewed by one worker at a time."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import ProviderLogin
from portal.models.sealed import seal_field
from portal.services import duties
from providers.errors import AuthFailed, ProviderError, Retryable
from providers.tokens import Tokens

log = structlog.get_logger()

MOST_FAILURES = 5  # refused renewals in a row: then a person has to connect again
SAVE_WAITS = (0.1, 0.5, 2.0, 5.0)  # seconds: a changed refresh token is nowhere else
_LOOK_EVERY = 0.1

_CLAIM = text(
    """
    update provider_logins set holder = :holder, leased_until = clock_timestamp() + make_interval(secs => :seconds)
    where organization_id = :organization and id = :login
      and (leased_until is null or leased_until < clock_timestamp() or holder = :holder)
      and (retry_at is null or retry_at <= clock_timestamp())
    returning failures
    """
)
_STANDS = text(
    """
    select failures, error, extract(epoch from retry_at - clock_timestamp()) as waits
    from provider_logins where organization_id = :organization and id = :login
    """
)
_RELEASE = text(
    "update provider_logins set holder = '', leased_until = null "
    "where organization_id = :organization and id = :login and holder = :holder"
)
# Of two renewals the later one counts, whichever is written first.
_SAVE = text(
    """
    update provider_logins set refresh_sealed = :refresh, access_sealed = :access, expires_at = :expires_at,
        refreshed_at = :refreshed_at, failures = 0, retry_at = null, error = ''
    where organization_id = :organization and id = :login
      and (refreshed_at is null or :refreshed_at is null or refreshed_at <= :refreshed_at)
    """
)
_FAILED = text(
    """
    update provider_logins set failures = failures + 1, error = :error,
        retry_at = clock_timestamp() + make_interval(secs => :seconds)
    where organization_id = :organization and id = :login
    returning failures
    """
)


class LoginTokens:
    """A `TokenStore` over a row of `provider_logins`. Used outside transactions, as every call to a provider is."""

    def __init__(self, login_id: UUID) -> None:
        self.login_id = login_id

    def load(self) -> Tokens:
        row = db.session.scalar(
            select(ProviderLogin)
            .where(ProviderLogin.organization_id == tenancy.required(), ProviderLogin.id == self.login_id)
            .execution_options(populate_existing=True)
        )
        end_reading()
        if row is None or not row.refresh:
            raise AuthFailed("there are no credentials for this account yet: connect with a code")
        return Tokens(row.refresh, row.access, row.expires_at, row.refreshed_at)

    def save(self, tokens: Tokens) -> None:
        """Store what was renewed. The database being away for a moment must not lose a token that exists nowhere
        else."""
        for wait in (*SAVE_WAITS, None):
            try:
                with unit_of_work():
                    write(self.login_id, tokens)
                return
            except DBAPIError:
                if wait is None:
                    raise
                log.warning("tokens_not_saved_yet", login_id=str(self.login_id))
                db.session.rollback()
                sleep(wait)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the renewal. What the provider refuses is counted: five times in a row, and it is over."""
        holder = f"{duties.holder()}:{secrets.token_hex(4)}"
        failed_before = self._claim(holder)
        try:
            yield
        except ProviderError as error:
            if isinstance(error, Retryable):
                raise
            raise self._refused(error, failed_before) from error
        finally:
            self._release(holder)

    def _claim(self, holder: str) -> int:
        until = monotonic() + _lease_seconds()
        while True:
            with unit_of_work():
                row = db.session.execute(_CLAIM, {**self._key(), "holder": holder, "seconds": _lease_seconds()}).first()
            if row is not None:
                return int(row.failures)
            stands = db.session.execute(_STANDS, self._key()).first()
            end_reading()
            if stands is None:
                raise AuthFailed("this account was removed")
            if stands.waits is not None and stands.waits > 0:
                if stands.failures >= MOST_FAILURES:
                    raise AuthFailed(stands.error)
                raise Retryable(f"the last renewal was refused: {stands.error}", retry_after=float(stands.waits))
            if monotonic() > until:
                raise Retryable("another worker is renewing the credentials", retry_after=5.0)
            sleep(_LOOK_EVERY)

    def _refused(self, error: ProviderError, failed_before: int) -> ProviderError:
        """Count it; before the last time it is only a reason to wait."""
        wait = duties.delay(failed_before + 1)
        with unit_of_work():
            row = db.session.execute(_FAILED, {**self._key(), "error": str(error)[:500], "seconds": wait}).first()
        failures = row.failures if row else MOST_FAILURES
        log.warning("renewal_refused", login_id=str(self.login_id), failures=failures, reason=str(error))
        if failures >= MOST_FAILURES:
            return error if isinstance(error, AuthFailed) else AuthFailed(str(error), call_id=error.call_id)
        message = f"the credentials could not be renewed ({failures} of {MOST_FAILURES}): {error}"
        return Retryable(message, retry_after=wait, call_id=error.call_id)

    def _release(self, holder: str) -> None:
        db.session.rollback()
        try:
            with unit_of_work():
                db.session.execute(_RELEASE, {**self._key(), "holder": holder})
        except DBAPIError:
            log.warning("renewal_not_released", login_id=str(self.login_id))  # its lease runs out by itself

    def _key(self) -> dict[str, Any]:
        return {"organization": tenancy.required(), "login": self.login_id}


def write(login_id: UUID, tokens: Tokens) -> None:
    """Seal the tokens into their row; a helper, inside a unit of work."""
    organization_id = tenancy.required()

    def sealed(column: str, plain: str | None) -> bytes | None:
        return seal_field(organization_id, "provider_logins", column, login_id, plain.encode()) if plain else None

    done = db.session.execute(
        _SAVE,
        {
            "organization": organization_id,
            "login": login_id,
            "refresh": sealed("refresh", tokens.refresh),
            "access": sealed("access", tokens.access),
            "expires_at": tokens.expires_at,
            "refreshed_at": tokens.refreshed_at,
        },
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        log.info("tokens_older_than_stored", login_id=str(login_id))


def _lease_seconds() -> float:
    """Longer than the one call made under it, whatever the line does."""
    return 2 * runtime.settings.provider_deadline_seconds + 5
