"""Invented guests."""

from __future__ import annotations

NAMES = (
    ("Ana", "Prova", "PT", "pt"), ("Jonas", "Beispiel", "DE", "de"), ("Maja", "Przykład", "PL", "pl"),
    ("Luc", "Exemple", "FR", "fr"), ("Yuki", "Rei", "JP", "ja"), ("Sofia", "Esempio", "IT", "it"),
    ("Noah", "Sample", "US", "en"), ("Zoë", "Voorbeeld", "NL", "nl"), ("Elif", "Örnek", "TR", "tr"),
    ("Olena", "Pryklad", "UA", "uk"), ("Mateo", "Ejemplo", "ES", "es"), ("Aino", "Esimerkki", "FI", "fi"),
)  # fmt: skip
