"""What the demo brings itself, and what it leaves to the caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import environment
from demo.environment import Plan, plan
from demo.keys import load_keys, make_keys
from demo.trouble import Trouble
from portal.config import Settings

STORES = {"DATABASE_URL": "postgresql://roomwire_app:x@h/d", "REDIS_URL": "redis://:x@h"}


def test_with_nothing_set_the_demo_brings_everything():
    assert plan({}) == Plan(postgres=True, redis=True, sandbox=True, traffic=True)


def test_servers_of_the_callers_own_are_used():
    own = {**STORES, "DATABASE_OWNER_URL": "postgresql://roomwire_owner:x@h/d"}

    assert plan(own) == Plan(postgres=False, redis=False, sandbox=True, traffic=True)


def test_a_real_channex_account_sees_no_simulated_guests_and_no_unasked_properties():
    real = {"CHANNEX_API_URL": "https://staging.channex.io/api/v1", "CHANNEX_API_KEY": "key"}

    assert plan(real) == Plan(postgres=True, redis=True, sandbox=False, traffic=False)
    assert "DEMO_PROVISION" not in environment.defaults(make_keys(), Path("x"), 8000)


def test_guests_can_be_told_to_stay_at_home():
    assert not plan({"DEMO_BOOKINGS_PER_MINUTE": "0"}).traffic


@pytest.mark.parametrize(
    ("wishes", "missing"),
    [
        ({"DATABASE_URL": "postgresql://h/d"}, "DATABASE_OWNER_URL is needed too"),
        ({"CHANNEX_API_URL": "https://staging.channex.io/api/v1"}, "CHANNEX_API_KEY is needed too"),
        ({"DEMO_BOOKINGS_PER_MINUTE": "many"}, "must be a number"),
    ],
)
def test_half_a_wish_is_refused_in_words(wishes, missing):
    with pytest.raises(Trouble, match=missing):
        plan(wishes)


def test_what_the_caller_set_wins_and_what_he_left_empty_does_not():
    merged = environment.merged({"LOG_LEVEL": "INFO", "PORT": "8000"}, {"LOG_LEVEL": "DEBUG", "PORT": "", "HOME": "/"})

    assert merged == {"LOG_LEVEL": "DEBUG", "PORT": "8000", "HOME": "/"}


def test_the_demos_own_settings_start_a_portal():
    keys = make_keys()
    own = environment.defaults(keys, Path("x"), 8000) | environment.for_sandbox(keys, 21500) | STORES
    own |= environment.for_mailbox(21525, 21500)

    settings = Settings.from_environment(own)

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sign_up == "open" and settings.mailbox_url == "http://127.0.0.1:21500/mailbox"
    assert settings.channex_api_url == "http://127.0.0.1:21500/api/v1"


def test_secrets_are_made_once_differ_everywhere_and_are_for_their_owner_only(tmp_path):
    first = load_keys(tmp_path)

    assert load_keys(tmp_path) == first
    assert make_keys() != first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_spoiled_secrets_file_is_named(tmp_path):
    (tmp_path / "secrets.json").write_text("{")

    with pytest.raises(Trouble, match=r"secrets\.json cannot be read"):
        load_keys(tmp_path)
