"""Commands for the people who run the installation: `flask create-admin`, `flask keys …`, `flask audit verify`.

`flask` finds the portal through wsgi.py; the environment is the same as the server's.
"""

from __future__ import annotations

import getpass
import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal import metrics
from portal.extensions import runtime
from portal.services import accounts, keys_rotation, platform, switches
from portal.services.errors import ServiceError

keys = AppGroup("keys", help="The master key and what it wraps.")
audit = AppGroup("audit", help="The log of who did what.")


def register(app: Flask) -> None:
    app.cli.add_command(create_admin)
    app.cli.add_command(metrics_token)
    app.cli.add_command(turn_switch)
    app.cli.add_command(keys)
    app.cli.add_command(audit)


@click.command("create-admin")
@click.option("--email", prompt="E-mail")
@click.option("--name", prompt="Name")
@click.option("--password", prompt="Password", hide_input=True, confirmation_prompt=True)
def create_admin(email: str, name: str, password: str) -> None:
    """Make an account for somebody who runs this installation."""
    with current_app.app_context():
        try:
            user = accounts.create(email, name, password, is_platform_admin=True)
        except ServiceError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{user.email} is a platform admin now.")


@click.command("metrics-token")
def metrics_token() -> None:
    """Print the bearer token with which another machine may read /metrics."""
    click.echo(metrics.scrape_token(runtime.settings.secret_key))


@click.command("switch")
@click.argument("provider")
@click.argument("name", type=click.Choice(switches.NAMES))
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--by", default=getpass.getuser, help="Who turns it: shown to everybody who is concerned.")
def turn_switch(provider: str, name: str, state: str, by: str) -> None:
    """Turn one of a provider's master switches for every tenant, without a restart."""
    try:
        switches.turn(provider, name, state == "on", by)
    except ServiceError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{provider} {name} is {state}.")


@keys.command("status")
def keys_status() -> None:
    """Say how many tenant keys are not under the current master key."""
    left = keys_rotation.remaining()
    click.echo(f"Current master key: {runtime.keyring.current_id}. Keys under another one: {left}.")


@keys.command("rotate")
def rotate_keys() -> None:
    """Put every tenant key under the first key of ROOMWIRE_MASTER_KEYS. May be stopped and started again."""
    progress = keys_rotation.Progress(0, 0, 0)
    for progress in keys_rotation.rotate():
        click.echo(f"{progress.rewrapped} re-wrapped, {progress.remaining} to go")
    if progress.failed:
        raise click.ClickException(
            f"{progress.failed} keys are under a master key that is not in ROOMWIRE_MASTER_KEYS; see the log."
        )
    click.echo("Every key is under the current master key; older master keys are not needed any more.")


@audit.command("verify")
def verify_audit() -> None:
    """Check the audit chain of every organization."""
    broken = 0
    for verdict in platform.verify_audit():
        if verdict.broken_at is not None:
            broken += 1
            click.echo(f"{verdict.organization_id}: broken at entry {verdict.broken_at}", err=True)
    if broken:
        sys.exit(1)
    click.echo("Every audit chain is whole.")
