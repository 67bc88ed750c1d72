"""The words of our mails, in the reader's language: plain text, and the same as simple HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from flask_babel import gettext

from portal.extensions import runtime
from portal.models import Role


@dataclass(frozen=True)
class Letter:
    """A mail before it has an address. `kind` is what the outbox calls it; `link` may be empty."""

    kind: str
    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""
    button: str = ""

    @property
    def text(self) -> str:
        parts = [self.paragraphs[0], *([self.link] if self.link else []), *self.paragraphs[1:]]
        return "\n\n".join([*parts, "Roomwire"]) + "\n"

    @property
    def html(self) -> str:
        """No images, no styles from elsewhere: mail readers show it as it is."""
        parts = [f"<p>{escape(each)}</p>" for each in self.paragraphs]
        if self.link:
            parts.insert(1, f'<p><a href="{escape(self.link)}">{escape(self.button)}</a></p>')
        return f"<!doctype html><html><body>{''.join(parts)}<p>Roomwire</p></body></html>"


def verification(name: str, token: str) -> Letter:
    return Letter(
        "verification",
        gettext("Confirm your e-mail address"),
        (
            gettext("Hello %(name)s, please confirm that this is your e-mail address.", name=name),
            _an_hour(),
            gettext("If you did not sign up for Roomwire, you need not do anything."),
        ),
        _address("verify", token),
        gettext("Confirm the address"),
    )


def known_already(name: str) -> Letter:
    """To somebody who has an account, and whose address was used to sign up once more."""
    return Letter(
        "known_already",
        gettext("You have a Roomwire account already"),
        (
            gettext("Hello %(name)s, somebody signed up with your address, and you have an account.", name=name),
            gettext("If it was you: sign in with it, or choose a new password there. If not, nothing has changed."),
        ),
        f"{runtime.settings.public_url}/sign-in",
        gettext("Sign in"),
    )


def reset(name: str, token: str) -> Letter:
    return Letter(
        "reset",
        gettext("Choose a new password"),
        (
            gettext("Hello %(name)s, somebody asked for a new password for your account.", name=name),
            _an_hour(),
            gettext("If it was not you, your password stays as it is and you need not do anything."),
        ),
        _address("reset", token),
        gettext("Choose a new password"),
    )


def password_changed(name: str) -> Letter:
    return Letter(
        "password_changed",
        gettext("Your password was changed"),
        (
            gettext("Hello %(name)s, your password was changed and every device was signed out.", name=name),
            gettext("If it was not you, choose a new one at once with “Forgotten?” on the sign-in page."),
        ),
        f"{runtime.settings.public_url}/sign-in",
        gettext("To the sign-in page"),
    )


def second_step_changed(name: str, *, on: bool) -> Letter:
    said = (
        gettext("Hello %(name)s, signing in to your account asks for a code from your phone from now on.", name=name)
        if on
        else gettext("Hello %(name)s, signing in to your account no longer asks for a code.", name=name)
    )
    return Letter(
        "second_step",
        gettext("Signing in was changed"),
        (said, gettext("If it was not you, choose a new password at once.")),
    )


def invitation(inviter: str, organization: str, role: Role, token: str) -> Letter:
    return Letter(
        "invitation",
        gettext("%(organization)s invites you to Roomwire", organization=organization),
        (
            gettext(
                "%(inviter)s invites you to work for %(organization)s as %(role)s.",
                inviter=inviter, organization=organization, role=role_word(role),
            ),
            gettext("The link works once and for an hour. If it is too old, ask for another one."),
            gettext("If you do not know them, you need not do anything."),
        ),
        _address("invitations", token),
        gettext("Look at the invitation"),
    )  # fmt: skip


def role_word(role: Role) -> str:
    words: dict[Role, str] = {
        Role.OWNER: gettext("owner"),
        Role.MANAGER: gettext("manager"),
        Role.STAFF: gettext("staff"),
        Role.VIEWER: gettext("viewer"),
    }
    return words[role]


def _an_hour() -> str:
    sentence: str = gettext("The link works once and for an hour.")
    return sentence


def _address(path: str, token: str) -> str:
    """Always under PUBLIC_URL: a Host header of the asker's choice must not find its way into a mail."""
    return f"{runtime.settings.public_url}/{path}/{token}"
