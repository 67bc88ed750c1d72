"""Figures for Prometheus, added up over all processes that share PROMETHEUS_MULTIPROC_DIR.

No label ever names a guest, a reservation, a token or a tenant. `/metrics` answers to the machine
itself, to a platform admin, and to whoever shows the token that `flask metrics-token` prints.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

HTTP_REQUESTS = Counter("roomwire_http_requests_total", "Requests answered.", ["endpoint", "method", "status"])
HTTP_SECONDS = Histogram(
    "roomwire_http_request_seconds",
    "How long answers took.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10),
)
WEBHOOK_ANSWERS = Counter("roomwire_webhook_answers_total", "Webhooks answered.", ["provider", "status"])
PROVIDER_CALLS = Counter("roomwire_provider_calls_total", "Calls to providers.", ["provider", "method", "outcome"])
PROVIDER_SECONDS = Histogram(
    "roomwire_provider_call_seconds",
    "How long providers took.",
    ["provider"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20),
)
JOBS = Counter("roomwire_jobs_total", "Jobs done by workers.", ["job", "outcome"])


class Waiting(Protocol):
    """One kind of work: how much of it waits, and for how many seconds the oldest has."""

    @property
    def what(self) -> str: ...
    @property
    def waiting(self) -> int: ...
    @property
    def oldest_seconds(self) -> float: ...


class WorkCollector(Collector):
    """Ages read from the database when somebody asks: no process has to be alive to know them."""

    def __init__(self, work: Sequence[Waiting] | None) -> None:
        self._work = work

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("roomwire_database_up", "1 when the database answered this scrape.")
        up.add_metric([], 0 if self._work is None else 1)
        yield up
        waiting = GaugeMetricFamily("roomwire_work_waiting", "Pieces of work that wait.", labels=["what"])
        oldest = GaugeMetricFamily("roomwire_work_oldest_seconds", "Age of the oldest of them.", labels=["what"])
        for each in self._work or ():
            waiting.add_metric([each.what], each.waiting)
            oldest.add_metric([each.what], each.oldest_seconds)
        yield waiting
        yield oldest


def exposition(work: Sequence[Waiting] | None, multiprocess_dir: str | None) -> bytes:
    """All figures as text. `work` None: the database did not answer."""
    if multiprocess_dir:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=multiprocess_dir)  # type: ignore[no-untyped-call]
        figures = generate_latest(registry)
    else:
        figures = generate_latest(REGISTRY)
    ages = CollectorRegistry()
    ages.register(WorkCollector(work))
    return figures + generate_latest(ages)


def scrape_token(secret_key: str) -> str:
    """The bearer token of a scraper on another machine; changes with SECRET_KEY."""
    return hmac.new(secret_key.encode(), b"roomwire metrics", sha256).hexdigest()
