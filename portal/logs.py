"""Structured logs: a fixed event, named fields, one correlation id from the request to the last job.

Bound for a request: `correlation_id`, `organization`, `property`, `user`. Ids only, never a name, an
address of a guest, a credential or a card; `_without_secrets` is the net below that rule.
"""

from __future__ import annotations

import logging
import secrets
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from portal.config import Settings

SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "user-api-key",
    "credential",
    "cvv",
)
HIDDEN = "***"


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's messages to one stream, in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_written(settings.log_format))
    )
    handler.set_name("roomwire")
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if each.get_name() != "roomwire"] + [handler]
    root.setLevel(settings.log_level)
    # These tell at INFO what our own access line says better.
    for chatty in ("werkzeug", "urllib3", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def begin(**bound: Any) -> str:
    """Start the log context of one request or job under a new correlation id, which is returned.

    Ids offered from outside are not taken: whoever chooses them could hide in another one's trail.
    """
    correlation_id = secrets.token_hex(8)
    resume(correlation_id, **bound)
    return correlation_id


def resume(correlation_id: str, **bound: Any) -> None:
    """Continue under the id of whatever caused this."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id, **bound)


def bind(**bound: Any) -> None:
    structlog.contextvars.bind_contextvars(**bound)


def end() -> None:
    structlog.contextvars.clear_contextvars()


def _written(form: str) -> list[Processor]:
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]


def _without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = HIDDEN
    return event
