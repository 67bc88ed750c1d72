"""Settings: what is wrong is said in words, all at once, and never with a value in it."""

from __future__ import annotations

import base64

import pytest

from portal.config import ConfigError, Settings, check_database_role, check_redis_policy

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(32, 64))).decode()
GOOD = {
    "ROOMWIRE_ENV": "production",
    "SECRET_KEY": "a9f3c1d47be86520a9f3c1d47be86520",
    "ROOMWIRE_MASTER_KEYS": f"k1:{KEY}",
    "PUBLIC_URL": "https://rooms.example.com",
    "DATABASE_URL": "postgresql://roomwire_app:secret@db.example.com/roomwire",
    "REDIS_URL": "redis://:secret@redis.example.com:6379/0",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment({**GOOD, **changes})


def problems(**changes: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refusal:
        read(**changes)
    return refusal.value.problems


def test_good_settings_are_read_with_their_types():
    settings = read(PORT="8080", SWEEP_SECONDS="0.5", CHANNEX_PUSH_ENABLED="off", LOG_LEVEL="debug")

    assert (settings.port, settings.sweep_seconds, settings.channex_push_enabled) == (8080, 0.5, False)
    assert settings.log_level == "DEBUG"
    assert settings.in_production
    assert settings.database_owner_url is None


def test_an_empty_value_counts_as_not_set():
    assert read(PORT="", CHANNEX_API_KEY=" ").port == 8000


def test_the_first_master_key_seals_and_all_of_them_are_kept_in_order():
    settings = read(ROOMWIRE_MASTER_KEYS=f"new:{OTHER_KEY}, old:{KEY}")

    assert settings.master_keys == (("new", bytes(range(32, 64))), ("old", bytes(range(32))))


def test_sqlalchemy_is_told_the_driver():
    assert read().sqlalchemy_url == "postgresql+psycopg://roomwire_app:secret@db.example.com/roomwire"


def test_all_problems_are_said_at_once():
    said = problems(SECRET_KEY="short", PORT="http", DATABASE_URL="", LOG_FORMAT="xml")

    assert len(said) == 4
    assert said[0].startswith("SECRET_KEY is too short")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": "on"}, "DEBUG is on in production"),
        ({"PUBLIC_URL": "http://rooms.example.com"}, "PUBLIC_URL must begin with https:// in production"),
        ({"REDIS_URL": "redis://redis.example.com"}, "REDIS_URL needs a password in production"),
        ({"SECRET_KEY": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "SECRET_KEY can be guessed"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"ROOMWIRE_MASTER_KEYS": ""}, "ROOMWIRE_MASTER_KEYS is missing"),
        ({"ROOMWIRE_MASTER_KEYS": KEY}, "ROOMWIRE_MASTER_KEYS must be written id:base64"),
        ({"ROOMWIRE_MASTER_KEYS": "k1:!!!"}, "ROOMWIRE_MASTER_KEYS holds a key k1 that is not base64"),
        ({"ROOMWIRE_MASTER_KEYS": "k1:c2hvcnQ="}, "ROOMWIRE_MASTER_KEYS holds a key k1 of 5 bytes"),
        ({"ROOMWIRE_MASTER_KEYS": f"k1:{KEY},k1:{OTHER_KEY}"}, "ROOMWIRE_MASTER_KEYS names the key k1 twice"),
        ({"ROOMWIRE_MASTER_KEYS": "k1:" + "A" * 43 + "="}, "ROOMWIRE_MASTER_KEYS holds a key k1 that can be guessed"),
        ({"DATABASE_URL": "mysql://db/roomwire"}, "DATABASE_URL must be an address beginning with postgresql://"),
        ({"PUBLIC_URL": "https://rooms.example.com/hotel"}, "PUBLIC_URL must be http:// or https:// and a host"),
        ({"PORT": "70000"}, "PORT must be a whole number from 1 to 65535"),
        ({"PORT": "٨٠"}, "PORT must be a whole number"),
        ({"SWEEP_SECONDS": "nan"}, "SWEEP_SECONDS must be a number"),
        ({"CHANNEX_PULL_ENABLED": "perhaps"}, "CHANNEX_PULL_ENABLED must be on or off"),
        ({"CHANNEX_SYNC_BATCH_SIZE": "101"}, "CHANNEX_SYNC_BATCH_SIZE must be a whole number from 1 to 100"),
        ({"CHANNEX_WEBHOOK_SECRET": "short"}, "CHANNEX_WEBHOOK_SECRET is too short"),
        ({"ROOMWIRE_ENV": "staging"}, "ROOMWIRE_ENV must be one of development, test, production"),
        ({"SYNC_DEBOUNCE_SECONDS": "9"}, "SYNC_DEBOUNCE_SECONDS is longer than SYNC_DEBOUNCE_LIMIT_SECONDS"),
    ],
)
def test_what_is_wrong_is_refused_in_words(change, sentence):
    (said,) = problems(**change)

    assert said.startswith(sentence)


def test_what_is_refused_in_production_is_allowed_at_a_desk():
    settings = read(
        ROOMWIRE_ENV="development", DEBUG="on", PUBLIC_URL="http://127.0.0.1:8000", REDIS_URL="redis://127.0.0.1:6379"
    )

    assert settings.debug
    assert not settings.in_production


def test_a_refusal_never_repeats_a_secret():
    said = "\n".join(
        problems(SECRET_KEY="hunter2", ROOMWIRE_MASTER_KEYS="k1:hunter2!", DATABASE_URL="db://u:hunter2@h")
    )

    assert "hunter2" not in said


def test_settings_can_be_logged_without_giving_anything_away():
    assert "secret" not in repr(read())
    assert GOOD["SECRET_KEY"] not in repr(read())


@pytest.mark.parametrize(("superuser", "bypass", "word"), [(True, False, "superuser"), (False, True, "BYPASSRLS")])
def test_a_role_above_row_level_security_is_refused(superuser, bypass, word):
    with pytest.raises(ConfigError, match=word):
        check_database_role(superuser, bypass)


def test_an_ordinary_role_is_welcome():
    assert check_database_role(is_superuser=False, bypass_rls=False) is None


def test_a_redis_that_forgets_is_refused():
    assert check_redis_policy("noeviction") is None
    with pytest.raises(ConfigError, match="allkeys-lru"):
        check_redis_policy("allkeys-lru")
