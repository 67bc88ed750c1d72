"""The portal for any WSGI server: `granian --interface wsgi wsgi:app`, `gunicorn wsgi:app`, `flask …`."""

from __future__ import annotations

import os
import sys

from portal import logs
from portal.app import create_app
from portal.config import ConfigError, Settings
from portal.services import health

try:
    settings = Settings.from_environment(os.environ)
    logs.configure(settings)
    app = create_app(settings)
    with app.app_context():
        health.refuse_unsafe_start()
except ConfigError as error:
    sys.exit(str(error))
