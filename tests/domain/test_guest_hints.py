"""Two guests who may be one."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.guest_hints import Known, Nights, Reason, reasons

MAY = Nights("sea", date(2031, 5, 1), date(2031, 5, 4))
RIGHT_AFTER = Nights("sea", date(2031, 5, 4), date(2031, 5, 6))
JULY = Nights("sea", date(2031, 7, 1), date(2031, 7, 4))
ELSEWHERE = Nights("hill", date(2031, 5, 1), date(2031, 5, 4))


@pytest.mark.parametrize(
    ("one", "other", "stays", "shared", "found"),
    [
        ("Ana Silva", "Ana Silva", (MAY, JULY), {}, []),
        ("Ana Silva", "Ana Silva", (MAY, ELSEWHERE), {}, []),
        ("Ana Silva", "SILVA Ana", (MAY, RIGHT_AFTER), {}, [Reason.NAME, Reason.STAY]),
        ("José Garcia", "Jose Garcia", (MAY, MAY), {}, [Reason.NAME, Reason.STAY]),
        ("Katharina Schmidt", "Katharina Schmitt", (MAY, MAY), {}, [Reason.ALIKE, Reason.STAY]),
        ("Ana Silva", "Eva Silva", (MAY, MAY), {}, []),
        ("Ana Silva", "Rui Mota", (MAY, JULY), {"same_phone": True}, [Reason.PHONE]),
        ("Ana Silva", "Ana Silva", (MAY, JULY), {"same_email": True}, [Reason.EMAIL, Reason.NAME]),
        (None, None, (MAY, MAY), {}, []),
    ],
)
def test_a_name_alone_is_no_hint(one, other, stays, shared, found):
    assert reasons(Known(one, [stays[0]]), Known(other, [stays[1]]), **shared) == found
