"""What a service refuses is said in the reader's language, every sentence of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import flask_babel
import pytest

from portal.domain.reservations import Status
from portal.services.errors import Refused
from portal.services.sentences import Amount, Counted, Phrase
from portal.web import refusals
from tests.messages import ROOT, extracted
from tests.pseudo import Pseudo, pseudo, untranslated

NAMED = re.compile(r"%\((\w+)\)s")
NO_VALUES = {"field"}


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / "portal" / folder).glob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def kinds() -> dict[str, ast.ClassDef]:
    """`Refused` and what derives from it, by name."""
    classes = [node for _, tree in trees("services") for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {node.name: node for node in classes if node.name == "Refused"}
    while more := {
        node.name: node for node in classes if node.name not in found and {name_of(b) for b in node.bases} & set(found)
    }:
        found |= more
    return found


def has_its_own_words(node: ast.ClassDef) -> bool:
    return node.name != "Refused" and any(isinstance(e, ast.FunctionDef) and e.name == "__init__" for e in node.body)


def refusing() -> Iterator[tuple[str, ast.Module, ast.Call]]:
    """Every call that names a sentence of a refusal."""
    classes = kinds()
    free = {name for name, node in classes.items() if not has_its_own_words(node)}
    for path, tree in trees("services", "blueprints", "web"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) in free:
                yield f"{path}:{node.lineno}", tree, node
            if isinstance(node, ast.ClassDef) and node.name in classes and node.name != "Refused":
                for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
                    if name_of(call.func) == "__init__":
                        yield f"{path}:{call.lineno}", tree, call


def sentences(node: ast.expr, tree: ast.Module) -> list[str]:
    """The literal sentences an expression stands for; none when it is put together at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Call) and name_of(node.func) in ("Phrase", "Counted"):
        parts = [sentences(each, tree) for each in node.args]
        return [text for part in parts for text in part] if all(parts) else []
    if isinstance(node, ast.Subscript):  # a table of sentences
        tables = [each.value for each in tree.body if isinstance(each, ast.Assign)
                  and name_of(each.targets[0]) == name_of(node.value)]  # fmt: skip
        return [t for table in tables if isinstance(table, ast.Dict) for v in table.values for t in sentences(v, tree)]
    return []


def test_every_refusal_is_a_sentence_that_translators_find_with_all_its_values_named():
    known, wrong, count = extracted(), {}, 0

    for place, tree, call in refusing():
        count += 1
        texts = sentences(call.args[0], tree) if call.args else []
        values = {each.arg for each in call.keywords} - NO_VALUES
        if not texts or texts[0] not in known:
            wrong[place] = "not a literal sentence that pybabel finds"
        elif set().union(*(NAMED.findall(text) for text in texts)) | {"num"} != values | {"num"}:
            wrong[place] = f"{texts} with {values}"
        elif len(re.findall(r"%\(", " ".join(texts))) != len(NAMED.findall(" ".join(texts))):
            wrong[place] = "values are written %(name)s"

    assert wrong == {}
    assert count > 100


def test_no_page_shows_a_refusal_past_the_translation():
    """An exception is handed on whole or asked for its fields: made into text it would be English."""
    classes, found, looked = set(kinds()) | {"ServiceError"}, [], 0

    for path, tree in trees("blueprints", "web"):
        for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type):
            caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if not {name_of(each) for each in caught} & classes or not handler.name:
                continue
            looked += 1
            found += [f"{path}:{node.lineno}" for node in ast.walk(handler) if as_text(node, handler.name)]
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            errors = {
                each.arg for each in function.args.args if each.annotation and name_of(each.annotation) in classes
            }
            found += [
                f"{path}:{node.lineno}" for node in ast.walk(function) for error in errors if as_text(node, error)
            ]

    assert found == []
    assert looked > 30


def as_text(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call) and name_of(node.func) == "str":
        return any(name_of(each) == name for each in node.args)
    if isinstance(node, ast.FormattedValue):
        return name_of(node.value) == name
    return isinstance(node, ast.Attribute) and node.attr == "args" and name_of(node.value) == name


@pytest.fixture
def reader(app):
    with app.test_request_context():
        yield


def test_a_refusal_says_days_money_and_states_as_the_reader_writes_them(reader):
    refusal = Refused(
        "%(room)s, %(status)s, from %(night)s: %(least)s or %(nights)s.",
        room="Suite", status=Status.IN_HOUSE, night=date(2031, 5, 2), least=Amount(Decimal("1234.5"), "EUR"),
        nights=(date(2031, 5, 3), date(2031, 5, 4), "…"), field="rate",
    )  # fmt: skip

    assert str(refusal) == "Suite, in house, from 2031-05-02: EUR 1234.5 or 2031-05-03, 2031-05-04, …."
    assert refusals.said(refusal) == (
        "Suite, In house, from 2 May 2031: EUR\N{NO-BREAK SPACE}1,234.50 or 3 May 2031, 4 May 2031, …."
    )
    with flask_babel.force_locale("de"):
        german = refusals.said(refusal)
    assert "Mai 2031" in german and "1.234,50" in german


@pytest.mark.parametrize(("num", "said"), [(1, "1 night is full."), (12, "12 nights are full.")])
def test_a_number_decides_between_two_forms(reader, num, said):
    refusal = Refused(Counted("%(num)s night is full.", "%(num)s nights are full."), num=num)

    assert refusals.said(refusal) == said
    assert str(refusal) == said


def test_a_phrase_inside_a_sentence_is_translated_too(reader, monkeypatch):
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())

    said = refusals.said(Refused("%(who)s changed this.", who=Phrase("Somebody")))

    assert said == pseudo("%(who)s changed this.") % {"who": pseudo("Somebody")}
    assert untranslated(said) == []
