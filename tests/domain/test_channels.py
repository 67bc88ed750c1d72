import pytest

from portal.domain.channels import CHANNELS, TONES, channel


@pytest.mark.parametrize(
    ("code", "name"),
    [("BDC", "Booking.com"), ("EXP", "Expedia"), ("ABB", "Airbnb"), ("AGO", "Agoda"), ("OFL", "Offline")],
)
def test_a_code_has_the_name_people_know(code, name):
    assert channel(code).name == name


def test_a_channel_we_never_heard_of_keeps_its_code():
    found = channel("ZZZ")

    assert (found.name, found.token) == ("ZZZ", "--ota-slate")


def test_every_badge_has_a_colour_of_ours():
    assert all(known.code == code and known.tone in TONES for code, known in CHANNELS.items())
