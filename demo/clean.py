"""`python -m demo.clean`: stop the demo's servers and delete their data, wherever those lie."""

from __future__ import annotations

import sys

from demo import servers
from demo.trouble import Trouble

if __name__ == "__main__":
    try:
        servers.remove()
    except Trouble as trouble:
        sys.exit(str(trouble))
