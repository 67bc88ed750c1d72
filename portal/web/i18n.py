"""In which language a page speaks: the person's own, else the best the browser asks for."""

from __future__ import annotations

from flask import Flask, request

from portal.extensions import babel
from portal.web.identity import person

DEFAULT = "en"


def install(app: Flask) -> None:
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "../translations")
    babel.init_app(app, default_locale=DEFAULT, locale_selector=chosen)


def languages() -> list[str]:
    """The languages there are translations for; English needs none."""
    return sorted({DEFAULT, *(str(locale) for locale in babel.list_translations())})


def chosen() -> str:
    who = person()
    if who and who.locale in languages():
        return who.locale
    return request.accept_languages.best_match(languages(), DEFAULT) or DEFAULT
