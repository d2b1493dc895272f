"""The people who might buy, and their firms: invented, with addresses and numbers that belong to nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from handoff.demo.people import BERLIN, NEW_YORK

FIRST_NAMES = (
    "Ivy", "Otis", "Juno", "Hugo", "Wilma", "Felix", "Greta", "Anton", "Mabel", "Rufus", "Dora", "Jasper", "Edda",
    "Milo", "Thea", "Basil", "Nell", "Arlo", "Petra", "Emil", "Selma", "Oskar", "Vera", "Linus", "Hedy", "Caspar",
    "Romy", "Magnus", "Alma", "Silas", "Frida", "Bruno", "Cleo", "Ivo", "Tilda", "Kaspar", "Nova", "Piet", "Lotte",
    "Quentin",
)  # fmt: skip
SURNAMES = (
    "Marble", "Fennel", "Thistle", "Alder", "Copperfield", "Larkspur", "Saffron", "Pebble", "Hawthorn", "Juniper",
    "Mistral", "Oatley", "Tamarind", "Vesper", "Willowby", "Yarrow", "Bramble", "Cobalt", "Dewberry", "Elmwood",
    "Foxglove", "Gossamer", "Heatherly", "Inkwell", "Jessamine", "Kestrel", "Lantern", "Mossman", "Nettle", "Ochre",
    "Paddock", "Quince", "Rosewood", "Sandpiper", "Thornbury", "Umber", "Verdigris", "Whistler", "Amberly", "Zephyr",
)  # fmt: skip
FIRMS = (
    ("Paper Lantern", "Logistics"), ("Copper Kettle", "Freight"), ("Velvet Anchor", "Shipping"),
    ("Blue Heron", "Parcels"), ("Seven Pines", "Timber"), ("Moonlit Harbour", "Cold Storage"),
    ("Tin Whistle", "Toys"), ("Brass Button", "Textiles"), ("Maple Wheel", "Couriers"), ("Quiet River", "Ceramics"),
    ("Golden Thimble", "Tailors"), ("Salt and Slate", "Interiors"), ("Northern Sparrow", "Post"),
    ("Clockwork Pear", "Instruments"), ("Amber Gate", "Pharmacy Supply"), ("Little Comet", "Bicycles"),
    ("Rolling Barrel", "Beverages"), ("Grey Gull Feather", "Bedding"), ("Cloudberry Hill", "Preserves"),
    ("Iron Petal", "Garden Tools"), ("Marzipan Mill", "Bakeries"), ("Foghorn", "Marine Parts"),
    ("Starling and Sons", "Movers"), ("Ninth Bridge", "Building Supply"), ("Wooden Whale", "Furniture"),
    ("Silver Acorn", "Nurseries"), ("Windmill Lane", "Dairy"), ("Striped Umbrella", "Vending"),
    ("Tall Chimney", "Stoves"), ("Lemon Crate", "Produce"),
)  # fmt: skip
TITLES = (
    "Head of Operations", "Logistics Manager", "Managing Director", "Purchasing Manager", "Warehouse Manager",
    "Head of Transport", "Supply Chain Analyst", "Chief Financial Officer", "Dispatcher", "Head of IT",
)  # fmt: skip
COUNTRIES = {BERLIN: ("DE", "DE", "DE", "DE", "AT", "CH", "GB"), NEW_YORK: ("US", "US", "US", "US", "CA")}
# Ranges that the regulators keep for films and books.
PHONES = {
    "DE": "+49 30 23125 {:03d}",
    "GB": "+44 20 7946 0{:03d}",
    "US": "+1 212 555 01{:02d}",
    "CA": "+1 416 555 01{:02d}",
}


@dataclass(frozen=True)
class Buyer:
    name: str
    company: str
    title: str
    email: str
    phone: str
    country: str

    def twin(self) -> "Buyer":
        """The same person, come a second time under another address."""
        initial, _, surname = self.name.partition(" ")
        domain = self.email.partition("@")[2]
        return replace(self, name=f"{initial[0]}. {surname}", email=f"{initial[0]}{surname}@{domain}".lower())


def invent_buyers(rng: Random) -> Iterator["Invention"]:
    """Names that come once each. The country is chosen when it is known which team they fall to."""
    names = list(product(FIRST_NAMES, SURNAMES))
    for first, last in rng.sample(names, len(names)):
        yield Invention(rng, first, last)


@dataclass(frozen=True)
class Invention:
    rng: Random
    first: str
    last: str

    def of(self, team: str) -> Buyer:
        firm, trade = self.rng.choice(FIRMS)
        domain = re.sub(r"\W+", "-", firm.lower())
        country, number = self.rng.choice(COUNTRIES[team]), self.rng.randrange(100)
        return Buyer(
            name=f"{self.first} {self.last}",
            company=f"{firm} {trade}",
            title=self.rng.choice(TITLES),
            email=f"{self.first}.{self.last}@{domain}.example".lower(),
            phone=PHONES.get(country, "").format(number),
            country=country,
        )
