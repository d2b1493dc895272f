"""What the fictional company wants to know of its leads besides the facts that every lead has."""

from typing import Any
from zlib import crc32

from leads.models import Attribute, AttributeType

INDUSTRIES = {
    "manufacturing": "Manufacturing",
    "software": "Software",
    "logistics": "Logistics",
    "energy": "Energy",
    "public_sector": "Public sector",
}
SIZES = (12, 45, 80, 150, 400, 1200)


def make_attributes() -> None:
    Attribute.objects.create(
        key="industry",
        label="Industry",
        type=AttributeType.CHOICE,
        choices=[{"key": key, "label": label} for key, label in INDUSTRIES.items()],
        synonyms=["Branche", "Sector"],
        in_messages=True,
        position=10,
    )
    Attribute.objects.create(
        key="employees",
        label="Employees",
        type=AttributeType.NUMBER,
        help="Of the buyer's company, about.",
        synonyms=["Number of Employees", "NumberOfEmployees", "Company size"],
        position=20,
    )


def attributes_of(email: str, *, is_unfit: bool) -> dict[str, Any]:
    """By the address, so that the story is the same with and without them. Of some buyers nothing is known.

    Those whom sales rejects as unfit work for the smallest firms, and hardly anybody else does: whoever opens the page
    Improve finds that no criterion asks for it.
    """
    mark = crc32(email.encode())
    if mark % 5 == 0:
        return {}
    smallest, *others = SIZES
    industries = list(INDUSTRIES)
    size = smallest if is_unfit or mark // 25 % 16 == 0 else others[mark // 25 % len(others)]
    return {"industry": industries[mark // 5 % len(industries)], "employees": size}
