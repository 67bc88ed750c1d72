"""What every connector promises: it does what it declares, and says of the rest that it cannot."""

from __future__ import annotations

import inspect

import pytest

from providers.base import Connector
from providers.errors import NotSupported
from providers.http import HttpClient
from providers.registry import CONNECTORS, connect, connector_class

OFFERED_BY_ALL = {"connect", "agrees", "as_held", "cannot_take", "lacks"}
OFFERS = {
    name
    for name, member in inspect.getmembers(Connector)
    if not name.startswith("_") and callable(member) and name not in OFFERED_BY_ALL
}


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_a_connector_does_what_it_declares_and_nothing_else_of_the_contract(kind):
    connector = connector_class(kind)

    own = {name for name in OFFERS if inspect.getattr_static(connector, name) is not vars(Connector)[name]}

    assert connector.name == kind
    assert own == connector.capabilities


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_a_connector_is_called_as_the_contract_says(kind):
    connector = connector_class(kind)

    for name in connector.capabilities:
        agreed, own = (inspect.signature(getattr(owner, name)) for owner in (Connector, connector))
        assert list(own.parameters)[: len(agreed.parameters)] == list(agreed.parameters), name


def test_an_unknown_kind_is_refused_naming_the_known_ones():
    with pytest.raises(NotSupported, match="'beds42'.*beds24, channex"):
        connect("beds42", {}, HttpClient)
