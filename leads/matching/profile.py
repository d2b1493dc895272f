"""What is compared of a lead, and by which keys those who may be the same are found."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from django.core.exceptions import ValidationError

from leads.matching.people import Name, name_of, sounds
from leads.matching.places import company_of, company_sound, is_free, registered
from leads.matching.spelling import folded, word_list
from leads.phones import phone_key

FACTS = ("name", "email", "company", "title", "phone", "mobile_phone", "country")
TAIL = 8  # digits by which a number is found, whether or not its country is written before it
_SHORTEST_PHONE = 7
_GOOGLE = ("gmail.com", "googlemail.com")
_PARTS = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class Profile:
    """The facts of one lead, spelled as they are compared."""

    lead: int
    shown_name: str = ""
    email: str = ""
    company_name: str = ""
    title: str = ""
    phone: str = ""
    mobile_phone: str = ""
    country: str = ""

    @classmethod
    def of(cls, lead: int, facts: Mapping[str, Any]) -> "Profile":
        return cls(lead, *(str(facts.get(fact) or "") for fact in FACTS))

    @cached_property
    def name(self) -> Name:
        """As it is given; else as the address has it: jon.smith@acme.example."""
        return name_of(self.shown_name) or self._name_of_address

    @cached_property
    def is_named(self) -> bool:
        return bool(name_of(self.shown_name))

    @cached_property
    def local(self) -> str:
        """The mailbox without what a person adds to it, and without the dots that Google overlooks."""
        local = self.email.rpartition("@")[0].partition("+")[0]
        return local.replace(".", "") if self.domain in _GOOGLE else local

    @cached_property
    def domain(self) -> str:
        host = self.email.rpartition("@")[2]
        return registered(host) if host else ""

    @cached_property
    def mailbox(self) -> str:
        if not self.local or self.is_role:
            return ""
        return f"{self.local}@{_GOOGLE[0] if self.domain in _GOOGLE else self.email.rpartition('@')[2]}"

    @cached_property
    def is_role(self) -> bool:
        return folded(self.local) in word_list("role_addresses.txt")

    @cached_property
    def own_local(self) -> str:
        """The mailbox where it says more than the name does: bluefox77, and not jon.smith."""
        letters = folded(self.local)
        if self.is_role or len(letters) < 6:
            return ""
        rest = letters
        for word in sorted(self.name.own, key=len, reverse=True):
            rest = rest.replace(word, "", 1)
        bare = re.sub(r"[^a-z0-9]", "", rest)
        is_of_name = bare == "" or (len(bare) <= 2 and bare.isalpha() and len(bare) < len(letters) - 3)
        return "" if is_of_name else letters

    @cached_property
    def workplace(self) -> str:
        """The domain of a company: of a free mailbox there is none."""
        return "" if not self.domain or is_free(self.domain) else self.domain

    @cached_property
    def company(self) -> str:
        return company_of(self.company_name)

    @cached_property
    def number(self) -> str:
        """The phone with its country, where that is known; empty for what nobody has."""
        return _number(self.phone, self.country)

    @cached_property
    def tails(self) -> dict[str, str]:
        """Its phones by their last digits with the extension, each with its country, where that is known."""
        phones = [phone for phone in (self.phone, self.mobile_phone) if _is_number(phone)]
        return {_tail(_number(phone, self.country) or phone): _number(phone, self.country) for phone in phones}

    def shared_tails(self, other: "Profile") -> list[str]:
        """The phones that both have, be it as a phone or as a mobile phone."""
        both = [tail for tail in self.tails if tail in other.tails]
        # The last digits may be those of numbers in two countries.
        return [tail for tail in both if len({self.tails[tail], other.tails[tail]} - {""}) < 2]

    def shared_phones(self, other: "Profile") -> set[int]:
        """The keys of these."""
        return {_hashed("phone", tail) for tail in self.shared_tails(other)}

    def blocks(self) -> set[int]:
        """The keys that it shares with whoever may be the same: each is a number, as a table of texts is large."""
        return {_hashed(*block) for block in self._blocks()}

    def _blocks(self) -> Iterator[tuple[str, ...]]:
        yield from (("phone", tail) for tail in self.tails)
        if self.mailbox:
            yield "mailbox", self.mailbox
        if self.own_local:
            yield "local", self.own_local
        heard = sounds(self.name)
        for place in self._places:
            # Where a word alone is too common, all of them together may not be.
            yield "at", place, *heard
            yield from (("at", place, one) for one in heard)

    @property
    def _places(self) -> list[str]:
        company = company_sound(self.company)
        return [place for place in (self.workplace, company) if place]

    @property
    def _name_of_address(self) -> Name:
        if self.is_role or "." not in self.email.rpartition("@")[0]:
            return Name()
        parts = [part for part in _PARTS.split(folded(self.email.rpartition("@")[0].partition("+")[0])) if part]
        return Name(parts) if len(parts) in (2, 3) else Name()


def _number(text: str, country: str) -> str:
    try:
        return phone_key(text, country) if _is_number(text) else ""
    except ValidationError:
        return ""


def _tail(text: str) -> str:
    number, _, extension = text.partition(";ext=")
    return f"{re.sub(r'[^0-9]', '', number)[-TAIL:]};{extension}"


def _is_number(text: str) -> bool:
    """Enough digits, and not those that people type to get past a form."""
    digits = re.sub(r"\D", "", text).lstrip("0")
    return len(digits) >= _SHORTEST_PHONE and len(set(digits)) > 2 and digits[:9] not in "12345678901234567890"


def _hashed(*block: str) -> int:
    return int.from_bytes(blake2b("\0".join(block).encode(), digest_size=8).digest(), "big", signed=True)
