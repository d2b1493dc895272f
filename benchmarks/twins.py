"""A made set of leads with known twins: the same people captured twice, and pairs that only look like it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.made_people import (
    CYRILLIC,
    FORMS,
    FREE,
    GENDERED,
    GIVEN,
    NICKNAMES,
    TRADES,
    WORDS,
    Facts,
    Maker,
    domain_of,
)


@dataclass
class MadeSet:
    """Leads by number, and the pairs of them that are one person."""

    leads: list[Facts] = field(default_factory=list)
    twins: set[tuple[int, int]] = field(default_factory=set)
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)
    """How each pair of twins, or each pair that only looks like one, was made."""

    def add(self, facts: Facts) -> int:
        self.leads.append(facts)
        return len(self.leads) - 1

    def add_pair(self, one: Facts, other: Facts, kind: str, *, is_twin: bool) -> None:
        pair = self.add(one), self.add(other)
        self.kinds[pair] = kind
        if is_twin:
            self.twins.add(pair)


# How a person comes in a second time.


def typo_in_name(maker: Maker, one: Facts) -> Facts:
    first, last = one["name"].split(" ", 1)
    name = f"{first} {maker.typo(last)}" if maker.rng.random() < 0.6 else f"{maker.typo(first)} {last}"
    return one | {"name": name, "email": maker.address(one["name"], domain_of(one))}


def nickname(maker: Maker, one: Facts) -> Facts:
    first = maker.rng.choice(list(NICKNAMES))
    one["name"] = f"{first} {one['name'].split(' ', 1)[1]}"
    return one | {
        "name": one["name"].replace(first, NICKNAMES[first]),
        "email": maker.address(one["name"], domain_of(one)),
    }


def without_marks(maker: Maker, one: Facts) -> Facts:
    given, last = (
        maker.rng.choice((("Jürgen", "Juergen"), ("Günther", "Gunther"), ("René", "Rene"))),
        maker.rng.choice(
            (("Müller", "Mueller"), ("Jørgensen", "Jorgensen"), ("Dvořák", "Dvorak"), ("Großmann", "Grossmann"))
        ),
    )
    one["name"] = f"{given[0]} {last[0]}"
    return one | {"name": f"{given[1]} {last[1]}", "email": maker.address(one["name"], domain_of(one))}


def other_alphabet(maker: Maker, one: Facts) -> Facts:
    one["name"], latin = maker.rng.choice(CYRILLIC)
    return one | {"name": latin, "email": maker.address(latin, domain_of(one))}


def swapped_names(maker: Maker, one: Facts) -> Facts:
    first, last = one["name"].split(" ", 1)
    comma = maker.rng.choice((", ", " "))
    return one | {"name": f"{last}{comma}{first}", "email": maker.address(one["name"], domain_of(one))}


def company_suffix(maker: Maker, one: Facts) -> Facts:
    words = one["company"].rsplit(" ", 1)[0]
    company = maker.rng.choice((words, words.upper(), f"{words} {maker.rng.choice(FORMS)}"))
    return one | {"company": company, "email": maker.address(one["name"], maker.rng.choice(FREE)), "phone": ""}


def changed_email(maker: Maker, one: Facts) -> Facts:
    return one | {"email": maker.address(one["name"], domain_of(one)), "phone": ""}


def phone_format(maker: Maker, one: Facts) -> Facts:
    email = maker.address(one["name"], maker.rng.choice(FREE))
    return one | {"phone": maker.other_phone_format(one["phone"]), "email": email, "company": ""}


def tagged_mailbox(maker: Maker, one: Facts) -> Facts:
    local, _, domain = one["email"].partition("@")
    return {"email": f"{local}+{maker.rng.choice(('trial', 'webinar', 'news'))}@{domain}", "name": one["name"]}


def own_nickname(maker: Maker, one: Facts) -> Facts:
    """The same made-up mailbox at two providers."""
    local = f"{maker.rng.choice(WORDS).lower()}{maker.rng.choice(TRADES).lower()}{maker.rng.randint(10, 9999)}"
    first, second = maker.rng.sample(FREE, 2)
    one["email"] = f"{local}@{first}"
    return one | {"email": f"{local}@{second}", "phone": "", "company": ""}


def name_by_address(maker: Maker, one: Facts) -> Facts:
    """A form that asked for the mail alone: the address has the name."""
    return {"email": maker.address(one["name"], domain_of(one), style=0)}


TWINS: tuple[Callable[[Maker, Facts], Facts], ...] = (
    typo_in_name,
    nickname,
    without_marks,
    other_alphabet,
    swapped_names,
    company_suffix,
    changed_email,
    phone_format,
    tagged_mailbox,
    own_nickname,
    name_by_address,
)

KEPT: dict[Callable[[Maker, Facts], Facts], tuple[str, ...]] = {
    phone_format: ("phone", "country"),
    company_suffix: ("company",),
}
"""What a change is about: without it nobody could tell."""


# Who only looks like the same.


def family(maker: Maker, one: Facts) -> Facts:
    """Father and son, at one phone and in one firm."""
    first, last = one["name"].split(" ", 1)
    son = maker.rng.choice([given for given in GIVEN if given != first])
    name = maker.rng.choice((f"{son} {last}", f"{one['name']} Jr."))
    return maker.person(name=name, phone=one["phone"], company=one["company"], domain=domain_of(one))


def colleagues(maker: Maker, one: Facts) -> Facts:
    """One office phone."""
    shared = {"phone": one["phone"], "company": one["company"], "country": one["country"]}
    return maker.person(**shared, domain=domain_of(one))


def namesakes(maker: Maker, one: Facts) -> Facts:
    """The same name at another firm."""
    return maker.person(name=one["name"])


def namesakes_at_free_mail(maker: Maker, one: Facts) -> Facts:
    one["email"], one["company"] = maker.address(one["name"], "gmail.com"), ""
    return maker.person(name=one["name"], company="", domain=maker.rng.choice(FREE))


def man_and_woman(maker: Maker, one: Facts) -> Facts:
    """Jan and Jana."""
    man, woman = maker.rng.choice(GENDERED)
    last = one["name"].split(" ", 1)[1]
    one["name"] = f"{man} {last}"
    return maker.person(name=f"{woman} {last}", company=one["company"], domain=domain_of(one), phone=one["phone"])


def office_address(maker: Maker, one: Facts) -> Facts:
    """The firm itself."""
    email = f"info@{domain_of(one)}"
    if email in maker.used:
        return maker.person()
    maker.used.add(email)
    return {"name": "", "email": email, "company": one["company"], "phone": one["phone"], "country": one["country"]}


LOOKALIKES: tuple[Callable[[Maker, Facts], Facts], ...] = (
    family,
    colleagues,
    namesakes,
    namesakes_at_free_mail,
    man_and_woman,
    office_address,
)


def make(seed: int, size: int = 10_000) -> MadeSet:
    """So many leads: three in ten have a twin, and as many somebody who only looks like them."""
    maker, made = Maker(seed), MadeSet()
    for at, change in enumerate(_changes(maker.rng, size)):
        if change is None:
            made.add(maker.person())
            continue
        one = maker.person()
        other = change(maker, one)
        if change in TWINS:
            other = _less(maker, other, KEPT.get(change, ()))
        made.add_pair(one, other, change.__name__, is_twin=change in TWINS)
        if at % 97 == 0:  # a firm whose phone a whole floor has
            made.leads += [maker.person(phone=one["phone"], company=one["company"]) for _ in range(5)]
    return made


def _less(maker: Maker, other: Facts, kept: tuple[str, ...]) -> Facts:
    """No form asks for everything; and one in five is filled in with a slip more."""
    lost = [name for name in ("phone", "title", "company", "country") if name not in kept and maker.rng.random() < 0.4]
    if other.get("name") and maker.rng.random() < 0.2:
        other = other | {"name": maker.typo(other["name"])}
    return {name: value for name, value in other.items() if name not in lost}


def _changes(rng: random.Random, size: int) -> Iterator[Callable[[Maker, Facts], Facts] | None]:
    count = 0
    while count < size:
        draw = rng.random()
        change = rng.choice(TWINS) if draw < 0.22 else rng.choice(LOOKALIKES) if draw < 0.44 else None
        count += 1 if change is None else 2
        yield change
