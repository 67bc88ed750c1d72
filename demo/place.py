"""Where the private servers keep their things, and which account they run under."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from demo.trouble import Trouble

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_FOLDER = CHECKOUT / ".roomwire"
HELPER_ACCOUNTS = ("nobody", "daemon")
SOCKET_PATH_LIMIT = 100  # the kernel allows 107 bytes for the path of a socket; its file name needs some of them


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """The folders of one pair of servers.

    `folder` is ours (secrets, the sandbox's state); `state` belongs to the servers (data, binaries when they had to
    be copied, sockets). They are the same folder for an ordinary user. PostgreSQL refuses to run as root, so for root
    the servers get the account in `account`, and `state` lies where that account can reach it whatever the modes of
    the checkout are.
    """

    folder: Path
    state: Path
    sockets: Path
    account: Account | None

    @property
    def postgres_data(self) -> Path:
        return self.state / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.state / "redis"

    @property
    def binaries(self) -> Path:
        return self.state / "binaries"

    def logfile(self, server: str) -> Path:
        """The file a server's own words go to."""
        return self.state / f"{server}.log"

    def give(self, path: Path) -> None:
        """Hand a file or folder of ours to the account the servers run under."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)


def find_place(folder: Path | None = None) -> Place:
    """The place that belongs to a folder: always the same one, so that a second start finds the data of the first.

    Creates the folders. Raises `Trouble` when somebody else's files are in the way.
    """
    folder = Path(os.path.abspath(folder or DEFAULT_FOLDER))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = "roomwire-" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        state = Path("/var/tmp") / name
        account = helper_account()
        make_own(state, 0o711)
        sockets = state / "run"
    else:
        state, account = folder, None
        sockets = state / "run"
        if len(str(sockets)) > SOCKET_PATH_LIMIT - len(".s.PGSQL.00000.lock"):
            sockets = Path(tempfile.gettempdir()) / f"{name}-{os.geteuid()}"
    place = Place(folder, state, sockets, account)
    make_own(sockets, 0o700, account)
    return place


def helper_account() -> Account:
    """The account that root lends to the servers."""
    for name in HELPER_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Trouble(f"PostgreSQL does not run as root and this machine has no account named {HELPER_ACCOUNTS[0]}.")


def make_own(path: Path, mode: int, account: Account | None = None) -> None:
    """Make a folder, or accept the one we made before. A link or a stranger's folder in a shared place is refused."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise Trouble(f"{path} is not ours: it belongs to another account. Move it away and start again.") from None
    path.chmod(mode)
    if account is not None:
        os.chown(path, account.uid, account.gid)
