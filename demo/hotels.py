"""The hotels of the demo: invented, with prices and guests as such houses have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from demo.accounts import ALPENBLICK, SEAVIEW
from portal.models import BlockReason
from portal.services.properties import Facts
from portal.services.room_types import TypeFacts


@dataclass(frozen=True)
class Season:
    """A stretch of every year, `(month, day)` to `(month, day)`, and what it does to the base price."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]  # included; before `first` it lies in the next year
    factor: Decimal
    min_stay: int | None = None


@dataclass(frozen=True)
class Kind:
    """A room type, its rooms and its base price."""

    facts: TypeFacts
    numbers: tuple[str, ...]
    base_rate: Decimal


@dataclass(frozen=True)
class Block:
    """A room off sale, counted in days from today."""

    number: str
    starts: int
    ends: int
    reason: BlockReason
    note: str


@dataclass(frozen=True)
class House:
    organization: str
    facts: Facts
    kinds: tuple[Kind, ...]
    seasons: tuple[Season, ...]
    weekend: Decimal  # what Friday and Saturday nights cost more
    breakfast: Decimal  # a person and night, on top of the flexible price
    step: Decimal  # prices are multiples of it
    blocks: tuple[Block, ...]
    guests: tuple[str, ...]
    stays: int  # direct reservations to begin with
    channel_manager: str = "channex"


def numbers(floor: int, first: int, count: int) -> tuple[str, ...]:
    return tuple(f"{floor}{first + place:02d}" for place in range(count))


def kind(position: int, name: str, rate: str, rooms: tuple[str, ...], adults: int = 2, children: int = 0) -> Kind:
    facts = TypeFacts(
        name=name,
        max_adults=adults,
        max_children=children,
        max_infants=1,
        default_occupancy=min(adults, 2),
        position=position,
    )
    return Kind(facts, rooms, Decimal(rate))


FARO = House(
    SEAVIEW,
    Facts(
        name="Seaview Faro",
        currency="EUR",
        timezone="Europe/Lisbon",
        country="PT",
        email="reception@faro.seaview.example",
        phone="+351289555010",
        address="Avenida da Ria 14",
        city="Faro",
        postal_code="8000-001",
    ),
    (
        kind(0, "Single", "64", numbers(1, 1, 4), adults=1),
        kind(1, "Classic Double", "89", (*numbers(1, 5, 8), *numbers(2, 1, 4))),
        kind(2, "Sea View Double", "118", (*numbers(2, 5, 8), *numbers(3, 1, 2)), children=1),
        kind(3, "Family Room", "149", numbers(3, 3, 5), adults=3, children=2),
        kind(4, "Garden Apartment", "172", numbers(0, 1, 3), adults=4, children=2),
        kind(5, "Lighthouse Suite", "260", ("401", "402"), children=1),
    ),
    (
        Season("Spring", (4, 1), (6, 14), Decimal("1.15")),
        Season("Summer", (6, 15), (9, 15), Decimal("1.60"), 2),
        Season("Christmas and New Year", (12, 22), (1, 2), Decimal("1.45"), 3),
        Season("Winter", (1, 7), (2, 28), Decimal("0.85")),
    ),
    Decimal("1.12"),
    Decimal("12"),
    Decimal("1"),
    (
        Block("108", 0, 4, BlockReason.MAINTENANCE, "New shower"),
        Block("206", 6, 9, BlockReason.OUT_OF_ORDER, "Air conditioning"),
        Block("402", 20, 27, BlockReason.OWNER_USE, "Family Marques"),
    ),
    (
        "Inês Carvalho", "Rui Fernandes", "Marta Lopes", "João Pires", "Hannah Weber", "Lukas Brandt", "Claire Dubois",
        "Antoine Moreau", "Sofia Rossi", "Emma Whitfield", "Oliver Grant", "Noor Haddad", "Elin Bergström",
        "Mikko Laine", "Katarzyna Nowak", "Daniel O’Brien", "Yuki Mori", "Lucía Ortega",
    ),
    26,
)  # fmt: skip

OSAKA = House(
    SEAVIEW,
    Facts(
        name="Seaview Osaka",
        currency="JPY",
        timezone="Asia/Tokyo",
        country="JP",
        email="front@osaka.seaview.example",
        phone="+81665550142",
        address="2-8 Minato-dori",
        city="Osaka",
        postal_code="552-0021",
        check_in_from=time(15),
        check_out_until=time(10),
    ),
    (
        kind(0, "Compact Single", "9800", numbers(3, 1, 6), adults=1),
        kind(1, "Harbour Double", "14800", (*numbers(4, 1, 6), *numbers(5, 1, 2))),
        kind(2, "Harbour Twin", "15600", numbers(5, 3, 5), children=1),
        kind(3, "Tatami Room", "22000", numbers(6, 1, 4), adults=4, children=2),
    ),
    (
        Season("Cherry blossom", (3, 22), (4, 12), Decimal("1.55"), 2),
        Season("Golden Week", (4, 28), (5, 6), Decimal("1.70"), 2),
        Season("Obon", (8, 10), (8, 17), Decimal("1.50"), 2),
        Season("New Year", (12, 29), (1, 4), Decimal("1.65"), 2),
    ),
    Decimal("1.18"),
    Decimal("1800"),
    Decimal("100"),
    (Block("404", 2, 5, BlockReason.MAINTENANCE, "New flooring"),),
    (
        "Haruto Sato", "Aoi Tanabe", "Ren Kobayashi", "Mei Fujita", "Min-jun Park", "Li Wei", "Grace Tan",
        "Jack Nguyen", "Isabella Costa", "Tom Fletcher",
    ),
    14,
)  # fmt: skip

ZERMATT = House(
    ALPENBLICK,
    Facts(
        name="Alpenblick Zermatt",
        currency="CHF",
        timezone="Europe/Zurich",
        country="CH",
        email="empfang@alpenblick.example",
        phone="+41279665501",
        address="Obere Gasse 7",
        city="Zermatt",
        postal_code="3920",
        check_out_until=time(10, 30),
    ),
    (
        kind(0, "Village Double", "165", (*numbers(1, 1, 6), *numbers(2, 1, 2))),
        kind(1, "Matterhorn View Double", "235", numbers(2, 3, 6), children=1),
        kind(2, "Family Chalet Room", "310", numbers(3, 1, 4), adults=4, children=2),
        kind(3, "Panorama Suite", "480", ("401", "402"), children=1),
    ),
    (
        Season("Christmas and New Year", (12, 20), (1, 5), Decimal("1.75"), 5),
        Season("Ski season", (1, 6), (4, 10), Decimal("1.35"), 3),
        Season("Summer hiking", (7, 1), (9, 20), Decimal("1.20"), 2),
        Season("Between seasons", (10, 20), (11, 30), Decimal("0.80")),
    ),
    Decimal("1.10"),
    Decimal("22"),
    Decimal("5"),
    (Block("304", 1, 8, BlockReason.OUT_OF_ORDER, "Balcony door"),),
    (
        "Anna Imboden", "Reto Zurbriggen", "Sabine Keller", "Jonas Frei", "Giulia Bianchi", "Pierre Lambert",
        "Charlotte Hughes", "Erik Lund", "Petra Novak", "Carlos Vidal",
    ),
    15,
)  # fmt: skip

LAGOS = House(
    SEAVIEW,
    Facts(
        name="Seaview Lagos Apartments",
        currency="EUR",
        timezone="Europe/Lisbon",
        country="PT",
        email="keys@lagos.seaview.example",
        phone="+351282555020",
        address="Rua da Praia 3",
        city="Lagos",
        postal_code="8600-001",
        check_in_from=time(16),
        check_out_until=time(11),
    ),
    (
        kind(0, "Studio", "72", numbers(1, 1, 5)),
        kind(1, "One-bedroom Apartment", "96", numbers(2, 1, 4), adults=3, children=1),
        kind(2, "Penthouse with Terrace", "185", ("301",), adults=4, children=2),
    ),
    (
        Season("Summer", (6, 15), (9, 15), Decimal("1.70"), 3),
        Season("Winter", (1, 7), (2, 28), Decimal("0.80")),
    ),
    Decimal("1.10"),
    Decimal("9"),
    Decimal("1"),
    (Block("104", 3, 6, BlockReason.MAINTENANCE, "New kitchen tap"),),
    ("Teresa Ramos", "Felix Baum", "Amélie Roux", "Harriet Cole", "Marco Leone", "Ola Dahl"),
    6,
    channel_manager="beds24",
)  # fmt: skip

HOUSES = (FARO, OSAKA, LAGOS, ZERMATT)
