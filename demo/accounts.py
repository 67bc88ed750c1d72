"""The people of the demo. Their passwords are printed at every start and protect nothing but invented hotels."""

from __future__ import annotations

from dataclasses import dataclass

SEAVIEW = "Seaview Hotels"
ALPENBLICK = "Alpenblick Hospitality GmbH"


@dataclass(frozen=True)
class Account:
    """One sign-in. `role` is what the membership says; a platform admin belongs to no organization."""

    email: str
    name: str
    password: str
    role: str
    organization: str | None


ALICE = Account("alice@seaview.example", "Alice Marques", "alice-demo-lighthouse", "owner", SEAVIEW)
BOB = Account("bob@seaview.example", "Bob Tanaka", "bob-demo-reception", "staff", SEAVIEW)
CHARLIE = Account("charlie@alpenblick.example", "Charlie Gruber", "charlie-demo-summit", "owner", ALPENBLICK)
ADMIN = Account("admin@roomwire.example", "Ada Root", "admin-demo-platform", "platform admin", None)

ACCOUNTS = (ALICE, BOB, CHARLIE, ADMIN)


def sign_ins() -> str:
    """The accounts as a table for the terminal."""
    return "\n".join(f"  {each.email:<28} {each.password:<24} {describe(each)}" for each in ACCOUNTS)


def describe(account: Account) -> str:
    """What the person is, in a few words."""
    return f"{account.role} of {account.organization}" if account.organization else account.role
