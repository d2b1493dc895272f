"""People made of a seed, as leads are captured."""

import random
from typing import Any

# Among the given names are those that the matcher knows, and as many that it does not.
GIVEN = (
    *("John", "William", "Robert", "Katherine", "Thomas", "Michael", "Elizabeth", "Alexander", "Christopher", "Daniel"),
    *("Stefan", "Jürgen", "Günther", "Björn", "Zoë", "René", "Anaïs", "Søren", "Łukasz", "Małgorzata", "Jan", "Mario"),
    *("Thandiwe", "Oluwaseun", "Chidinma", "Priyanka", "Rajesh", "Sanjay", "Xiaoming", "Haruto", "Yoshiko", "Nguyet"),
    *("Baptiste", "Gwenaelle", "Thierry", "Anneliese", "Waltraud", "Hannelore", "Ottokar", "Ludmila", "Bogdan"),
    *(
        "Zsofia",
        "Ferenc",
        "Aoife",
        "Siobhan",
        "Caoimhe",
        "Gareth",
        "Rhiannon",
        "Tristan",
        "Isolde",
        "Leopold",
        "Cosima",
    ),
    *("Marjolein", "Joost", "Femke", "Sigurd", "Ragnhild", "Eino", "Päivi", "Estrella", "Joaquim", "Benedita"),
)
SURNAMES = (
    *("Smith", "Johnson", "Brown", "Taylor", "Müller", "Schmidt", "Schneider", "Weber", "Meyer", "Wagner", "Becker"),
    *("Garcia", "Martinez", "Rodriguez", "Dubois", "Lefebvre", "Moreau", "Rossi", "Ferrari", "Esposito", "Bianchi"),
    *("Kowalski", "Wójcik", "Nowak", "Horváth", "Szabó", "Novák", "Dvořák", "Jørgensen", "Lindqvist", "Virtanen"),
    *("Papadopoulos", "Yamamoto", "Tanaka", "Okafor", "Mbeki", "Chaudhary", "Venkatesan", "Krishnamurthy", "Nguyen"),
    *("O'Brien", "Fitzgerald", "MacDonald", "Vandenberg", "Hoogendoorn", "Steinmeier", "Oberhauser", "Großmann"),
    *("Waldheim", "Achterberg", "Kristoffersen", "Ashworth", "Hollingsworth", "Pemberton", "Castellano", "Figueroa"),
)
CYRILLIC = (
    ("Иван Петров", "Ivan Petrov"),
    ("Сергей Смирнов", "Sergey Smirnov"),
    ("Наталья Кузнецова", "Natalya Kuznetsova"),
    ("Дмитрий Соколов", "Dmitriy Sokolov"),
    ("Ольга Новикова", "Olga Novikova"),
    ("Андрей Морозов", "Andrey Morozov"),
)
NICKNAMES = {
    "John": "Jon",
    "William": "Bill",
    "Robert": "Bob",
    "Katherine": "Kate",
    "Thomas": "Tom",
    "Michael": "Mike",
    "Elizabeth": "Liz",
    "Alexander": "Alex",
    "Christopher": "Chris",
    "Daniel": "Dan",
}
GENDERED = (("Jan", "Jana"), ("Mario", "Maria"), ("Daniel", "Daniela"), ("Stefan", "Stefanie"), ("Julian", "Juliane"))
WORDS = (
    *("Acme", "Blue", "Delta", "Nordic", "Alpine", "Quantum", "Silver", "Global", "Vertex", "Harbor", "Summit", "Iron"),
    *(
        "Falcon",
        "Cobalt",
        "Lumen",
        "Atlas",
        "Orion",
        "Cedar",
        "Granite",
        "Coral",
        "Ember",
        "Zenith",
        "Pioneer",
        "Anchor",
    ),
)
TRADES = (
    *("Logistics", "Systems", "Foods", "Textiles", "Pharma", "Optics", "Robotics", "Energy", "Media", "Steel", "Labs"),
    *("Partners", "Travel", "Bau", "Druck", "Software", "Plastics", "Marine", "Solar", "Insurance", "Wines", "Tools"),
)
FORMS = ("GmbH", "Inc.", "Ltd", "AG", "S.A.", "B.V.", "LLC", "AB")
FREE = ("gmail.com", "gmx.de", "yahoo.com", "outlook.com", "web.de", "hotmail.com")
TITLES = ("CEO", "Head of Marketing", "Buyer", "IT Manager", "Sales Director", "Project Manager", "CTO", "Engineer")
COUNTRIES = {"DE": "+49", "US": "+1", "GB": "+44", "FR": "+33", "NL": "+31"}
Facts = dict[str, Any]


class Maker:
    """Makes people of a seed, and what captures do to them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.used: set[str] = set()

    def person(self, **fixed: Any) -> Facts:
        rng = self.rng
        company, own_domain = self.company()
        domain = fixed.pop("domain", own_domain)
        country = rng.choice(list(COUNTRIES))
        facts = {
            "name": f"{rng.choice(GIVEN)} {rng.choice(SURNAMES)}",
            "company": company,
            "title": rng.choice(TITLES),
            "country": country,
            "phone": self.phone(country),
        } | fixed
        return facts | {"email": self.address(facts["name"], domain)}

    def company(self) -> tuple[str, str]:
        words = (
            f"{self.rng.choice(WORDS)}{self.rng.choice(('', ' ' + self.rng.choice(WORDS)))} {self.rng.choice(TRADES)}"
        )
        label = words.lower().replace(" ", self.rng.choice(("", "-")))
        return f"{words} {self.rng.choice(FORMS)}", f"{label}.{self.rng.choice(('com', 'de', 'co.uk', 'fr'))}"

    def phone(self, country: str) -> str:
        begins = {"DE": "30", "US": "212", "GB": "20", "FR": "1", "NL": "20"}[country]
        length = {"DE": 7, "US": 7, "GB": 8, "FR": 8, "NL": 7}[country]
        number = str(self.rng.randint(2, 9)) + "".join(str(self.rng.randint(0, 9)) for _ in range(length - 1))
        return f"{COUNTRIES[country]} {begins} {number}"

    def address(self, name: str, domain: str, *, style: int | None = None) -> str:
        """An address that nobody has yet."""
        words = ascii_words(name)
        first, last = words[0], words[-1]
        styles = (f"{first}.{last}", f"{first[0]}{last}", f"{first[0]}.{last}", f"{last}", f"{first}{last}", first)
        local = styles[self.rng.randrange(len(styles)) if style is None else style]
        email = f"{local}@{domain}"
        while _mailbox(email) in self.used:
            email = f"{local}{self.rng.randint(2, 999)}@{domain}"
        self.used.add(_mailbox(email))
        return email

    def typo(self, text: str) -> str:
        """One slip inside a word of five letters and more."""
        places = [at for at in range(1, len(text) - 1) if text[at - 1 : at + 2].isalpha()]
        if not places:
            return text
        at = self.rng.choice(places)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return self.rng.choice((text[:at] + text[at + 1 :], text[:at] + text[at] * 2 + text[at + 1 :], swapped))

    def other_phone_format(self, phone: str) -> str:
        code, area, number = phone.split()
        national = f"0{area}" if code != "+1" else area
        formats = (
            f"{code}{area}{number}",
            f"00{code[1:]} {area} {number}",
            f"{national}/{number}",
            f"({national}) {number[:3]}-{number[3:]}",
        )
        return self.rng.choice(formats)


def _mailbox(email: str) -> str:
    """One mailbox of two spellings: Google overlooks dots."""
    local, _, domain = email.partition("@")
    return f"{local.replace('.', '')}@{domain}" if domain == "gmail.com" else email


def ascii_words(name: str) -> list[str]:
    plain = name.lower().replace("ß", "ss").translate(str.maketrans("üöäéèïëřóøłáőćńů", "uoaeeieroolaocnu"))
    return ["".join(c for c in word if c.isascii() and c.isalpha()) or "x" for word in plain.split()]


def domain_of(facts: Facts) -> str:
    return str(facts["email"]).partition("@")[2]
