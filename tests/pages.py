"""Walking the portal: which routes there are, and addresses for them. Every page that is added is walked by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.routing import Rule

from portal.web.guards import Guard, guard_of

SAMPLES: dict[str, Any] = {"uuid": uuid4, "string": lambda: "x", "path": lambda: "x", "int": lambda: 1}


def rules(app: Flask, method: str, kind: str = "") -> Iterator[Rule]:
    """The routes that answer a method, only those with a guard of this kind when one is named."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and (not kind or guard(app, rule).kind == kind):
            yield rule


def guard(app: Flask, rule: Rule) -> Guard:
    found = guard_of(app.view_functions[rule.endpoint])
    assert found is not None, f"{rule.rule} ({rule.endpoint}) does not say who may see it"
    return found


def address(app: Flask, rule: Rule, property_id: UUID | None = None, organization_id: UUID | None = None) -> str:
    """The route with a property or an organization, and things that do not exist for everything else."""
    values = {name: SAMPLES[rule._converters[name].__class__.__name__.removesuffix("Converter").lower()
                            .replace("unicode", "string").replace("integer", "int")]()
              for name in rule.arguments}  # fmt: skip
    if "property_id" in rule.arguments:
        values["property_id"] = property_id or uuid4()
    if "organization_id" in rule.arguments:
        values["organization_id"] = organization_id or uuid4()
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=None)


def plain_pages(app: Flask, property_id: UUID, organization_id: UUID) -> list[str]:
    """The pages that need no more than a property or its organization: what a person reaches by the rail."""
    found = []
    for rule in rules(app, "GET"):
        if guard(app, rule).kind != "open" and not rule.arguments - {"property_id", "organization_id"}:
            found.append(address(app, rule, property_id, organization_id))
    return sorted(found)
