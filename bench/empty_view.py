"""What the webhook route is compared with: a Flask view that does nothing, for the same server."""

from __future__ import annotations

from flask import Flask

app = Flask("empty")


@app.route("/", methods=["GET", "POST"])
def empty() -> tuple[str, int]:
    return "", 200
