"""The wires of a property: how each is, its switches, and what a person may ask of it.

Nothing here calls a provider. A button writes down a wish; a worker does it; the page looks until it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.connections import PauseForm, SwitchForm
from portal.services import (
    activation,
    channel_cards,
    connection_health,
    connection_work,
    connections,
    incidents,
    login_standing,
    onboarding_route,
    overview,
    provision,
    run_facts,
    switches,
    webhook_setup,
)
from portal.services.errors import Refused
from portal.web import htmx, refusals, run_words, troubles, words
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("connections", __name__, url_prefix="/p/<uuid:property_id>/connections")


@dataclass(frozen=True)
class Card:
    """One connection as its card shows it."""

    report: connection_health.Report
    otas: Sequence[channel_cards.OtaCard]
    work: connection_work.Work
    problems: Sequence[troubles.Told]
    send_obstacle: str
    read_obstacle: str
    delivery_url: str
    login: login_standing.Standing | None  # where one signs in by a code
    creates: bool  # whether what is missing there can be made from here
    stopped: Sequence[Any]  # master switches that are off, with when and by whom
    tells_otas: bool  # whether the provider says which OTAs are connected
    sync_sentence: str
    pull_sentence: str

    @property
    def connection(self) -> Any:
        return self.report.connection

    @property
    def state(self) -> str:
        """A kind of the macro `state.state`."""
        if self.connection.state in ("paused", "disconnected"):
            return "paused"
        kind = words.mark(self.report.health)
        if kind == "fine" and self.problems:
            return self.problems[0].level
        return kind

    @property
    def waits(self) -> bool:
        """Whether everything is made, and a person has to activate it."""
        held = self.connection.state == "setting_up" and activation.is_held(self.connection)
        return held and onboarding_route.progress(self.connection).done

    @property
    def pending(self) -> bool:
        """Whether the page has to look again."""
        work = self.work
        set_up = self.login.pending if self.login else self.connection.state == "setting_up" and not self.waits
        return work.test_pending or work.pull_pending or work.sync_pending or set_up


@bp.get("")
@allowed("connections.view")
def index(property_id: UUID) -> Any:
    return _page(property_id)


@bp.post("/connect")
@allowed("connections.edit")
def connect(property_id: UUID) -> Any:
    try:
        provision.request(g.property)
    except Refused as error:
        return _page(property_id, refusals.said(error), 409)
    return htmx.go(url_for(".index", property_id=property_id))


@bp.get("/<uuid:connection_id>/work")
@allowed("connections.view")
def work(property_id: UUID, connection_id: UUID) -> Any:
    """What the card shows while something is under way: asked for every two seconds, and no longer.

    When the connection's state is another than the card was drawn with, the page is drawn anew.
    """
    if htmx.is_htmx() and connections.find(property_id, connection_id).state.value != request.args.get("was"):
        return htmx.go(_back(property_id, connection_id))
    return _work(property_id, connection_id)


@bp.post("/<uuid:connection_id>/switch")
@allowed("connections.edit")
def switch(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    form = Form.read(SwitchForm(), request.form)
    if form.errors or form.data["name"] not in connections.SWITCHES:
        abort(400)
    connections.switch(connection, form.data["name"], form.data["on"])
    return _card(property_id, connection_id)


@bp.post("/<uuid:connection_id>/test")
@allowed("connections.edit")
def test(property_id: UUID, connection_id: UUID) -> Any:
    connections.request_test(connections.find(property_id, connection_id))
    return _work(property_id, connection_id)


@bp.post("/<uuid:connection_id>/full-sync")
@allowed("connections.edit")
def full_sync(property_id: UUID, connection_id: UUID) -> Any:
    connection_work.start_full_sync(connections.find(property_id, connection_id))
    return _work(property_id, connection_id)


@bp.post("/<uuid:connection_id>/read")
@allowed("connections.edit")
def read(property_id: UUID, connection_id: UUID) -> Any:
    connection_work.read_bookings(connections.find(property_id, connection_id))
    return _work(property_id, connection_id)


@bp.post("/<uuid:connection_id>/pause")
@allowed("connections.edit")
def pause(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    form = Form.read(PauseForm(), request.form)
    if form.errors:
        return _card(property_id, connection_id, form, 422)
    connection_work.pause(connection, form.data["reason"])
    return _card(property_id, connection_id)


@bp.post("/<uuid:connection_id>/disconnect")
@allowed("connections.edit")
def disconnect(property_id: UUID, connection_id: UUID) -> Any:
    connections.disconnect(connections.find(property_id, connection_id))
    return _card(property_id, connection_id)


@bp.post("/<uuid:connection_id>/reconnect")
@allowed("connections.edit")
def reconnect(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    connections.create(g.property, connection.provider)
    return _card(property_id, connection_id)


@bp.post("/<uuid:connection_id>/repair")
@allowed("connections.edit")
def repair(property_id: UUID, connection_id: UUID) -> Any:
    provision.request_repair(connections.find(property_id, connection_id))
    return _work(property_id, connection_id)


@bp.post("/<uuid:connection_id>/resume")
@allowed("connections.edit")
def resume(property_id: UUID, connection_id: UUID) -> Any:
    connection_work.resume(connections.find(property_id, connection_id))
    return _card(property_id, connection_id)


def _page(property_id: UUID, refused: str = "", status: int = 200, form: Form | None = None) -> Any:
    found = cards(property_id)
    title = _title(found)
    page = render_template(
        "connections/index.html",
        cards=found,
        title=title,
        refused=refused,
        form=form or Form(),
        by_code=_not_connected(found),
    )
    return make_response(page, status)


def _not_connected(found: Sequence[Card]) -> list[str]:
    """The channel managers one signs in to with a code that this property is not connected to."""
    known = {card.connection.provider for card in found}
    return [kind for kind in login_standing.by_code() if kind not in known]


def _card(property_id: UUID, connection_id: UUID, form: Form | None = None, status: int = 200) -> Any:
    """The whole card for htmx. Without it, back to the page; the form with what is wrong with it, when it is."""
    if not htmx.is_htmx() and status != 200:
        return _page(property_id, status=status, form=form)
    found = _of(property_id, connection_id) if htmx.is_htmx() else None
    return htmx.part("connections/_card.html", _back(property_id, connection_id), status=status, card=found,
                     form=form or Form())  # fmt: skip


def _work(property_id: UUID, connection_id: UUID) -> Any:
    found = _of(property_id, connection_id) if htmx.is_htmx() else None
    return htmx.part("connections/_work.html", _back(property_id, connection_id), card=found)


def _back(property_id: UUID, connection_id: UUID) -> str:
    return url_for(".index", property_id=property_id, _anchor=f"connection-{connection_id}")


def _of(property_id: UUID, connection_id: UUID) -> Card:
    connections.find(property_id, connection_id)
    return next(card for card in cards(property_id) if card.connection.id == connection_id)


def cards(property_id: UUID) -> list[Card]:
    """Every connection of the property as its card shows it."""
    found = connections.of_property(property_id)
    told = _problems(property_id, {each.id: each.provider for each in found}) if found else {}
    return [_make(connection, told.get(connection.id, [])) for connection in found]


def _make(connection: Any, problems: Sequence[troubles.Told]) -> Card:
    report = connection_health.report(connection)
    stopped = switches.turned_off(connection.provider)
    work = connection_work.of(report)
    runs = [run for run in (work.sync, work.pull) if run is not None]
    facts = run_facts.about(runs)
    said = {run.id: run_words.sentence(run, facts[run.id], connection.provider) for run in runs}
    return Card(
        report=report,
        otas=channel_cards.of(connection, report.channels),
        work=work,
        problems=problems,
        send_obstacle=connection_work.obstacle(connection, off=stopped),
        read_obstacle=connection_work.obstacle(connection, reading=True, off=stopped),
        delivery_url=webhook_setup.address(connection),
        login=login_standing.of(connection) if connection.provider in login_standing.by_code() else None,
        creates=login_standing.creates(connection.provider),
        stopped=[each for each in switches.standing(connection.provider, stopped) if not each.on],
        tells_otas=login_standing.tells_otas(connection.provider),
        sync_sentence=said[work.sync.id] if work.sync else "",
        pull_sentence=said[work.pull.id] if work.pull else "",
    )


def _problems(property_id: UUID, providers: dict[UUID, str]) -> dict[UUID, list[troubles.Told]]:
    """The open incidents of each connection in words, those that need the person first."""
    rows = [row for row in incidents.open_ones(property_id) if row.connection_id in providers]
    if not rows:
        return {}
    names = overview.subject_names(property_id)
    found: dict[UUID, list[troubles.Told]] = {}
    for row in rows:
        told = troubles.incident(row, provider=providers[row.connection_id], names=names)
        found.setdefault(row.connection_id, []).append(told)
    order = ("needs_you", "needs_ota", "heals_itself")
    return {key: sorted(each, key=lambda told: order.index(told.level)) for key, each in found.items()}


def _title(found: Sequence[Card]) -> tuple[str, str]:
    """The sentence under the page's title, and its level."""
    for level, sentence in (
        ("needs_you", gettext("Something here needs you.")),
        ("needs_ota", gettext("An OTA has trouble; we cannot mend it from here.")),
        ("heals_itself", gettext("Something is catching up by itself.")),
        ("paused", gettext("Nothing is sent while a connection is paused.")),
    ):
        if any(card.state == level for card in found):
            return sentence, "" if level == "paused" else level
    return (gettext("Everything you change here reaches the channel manager."), "fine") if found else ("", "")
