"""The demo's secrets: made once at random, kept beside the data they open."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.trouble import Trouble

FILE = "secrets.json"


@dataclass(frozen=True)
class Keys:
    """Everything the demo must not share with another installation."""

    admin_password: str
    owner_password: str
    app_password: str
    redis_password: str
    secret_key: str
    master_keys: str
    webhook_secret: str
    channex_api_key: str


def make_keys() -> Keys:
    """New random secrets. `master_keys` has the form of the setting ROOMWIRE_MASTER_KEYS."""
    return Keys(
        admin_password=secrets.token_urlsafe(24),
        owner_password=secrets.token_urlsafe(24),
        app_password=secrets.token_urlsafe(24),
        redis_password=secrets.token_urlsafe(24),
        secret_key=secrets.token_urlsafe(48),
        master_keys="demo1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        webhook_secret=secrets.token_urlsafe(32),
        channex_api_key="sandbox-" + secrets.token_urlsafe(24),
    )


def load_keys(folder: Path) -> Keys:
    """The folder's secrets, made on the first call. The file is readable by its owner only."""
    path = folder / FILE
    if path.exists():
        try:
            return Keys(**json.loads(path.read_text()))
        except (ValueError, TypeError) as problem:
            raise Trouble(f"{path} cannot be read ({problem}). `make demo-reset` makes new data and secrets.") from None
        except PermissionError:
            raise Trouble(f"{path} belongs to another account. Use that account, or another checkout.") from None
    keys = make_keys()
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(keys), file, indent=2)
    fresh.rename(path)  # a crash half-way leaves no half file that would lock us out of the data
    return keys
