"""A country by any of its names: official, usual and foreign ones, and codes of two and three letters."""

import pytest
from babel import Locale
from babel.core import get_global

from leads.countries import country_code

LISTED = {
    "GB": ["U.K.", "UK", "Great Britain", "England", "United Kingdom of Great Britain and Northern Ireland (the)"],
    "US": [
        "America",
        "Estados Unidos",
        "United States (US)",
        "USA",
        "U.S.A.",
        "U. S. A.",
        "The United States",
        "États-Unis",
    ],
    "KR": ["Korea, Republic of", "Korea (the Republic of)", "Republic of Korea", "South Korea", "Südkorea"],
    "KP": ["Korea, Democratic People's Republic of", "Nordkorea"],
    "IR": ["Iran, Islamic Republic of", "Iran (Islamic Republic of)", "iran"],
    "TW": ["Taiwan, Province of China", "Taiwan", "Republic of China"],
    "CN": ["China", "PR China", "People's Republic of China", "CHN"],
    "CI": ["Ivory Coast", "Côte d'Ivoire", "Côte d’Ivoire", "cote d'ivoire", "Elfenbeinküste"],
    "SZ": ["Eswatini", "Swaziland"],
    "MO": ["Macao", "Macau"],
    "MM": ["Myanmar", "Burma"],
    "PH": ["The Philippines", "Philippines (the)", "Filipinas"],
    "IE": ["Republic of Ireland", "Ireland, Republic of", "Irland"],
    "FR": ["Frankreich", "Francia", "França", "Frankrijk"],
    "DE": [
        "Germany",
        "Deutschland",
        "Allemagne",
        "Alemania",
        "Germania",
        "Alemanha",
        "Duitsland",
        "DEU",
        "Germany (DEU)",
    ],
    "AT": ["Österreich", "Oesterreich", "Autriche", "Oostenrijk", "AUT"],
    "CH": ["Schweiz", "Suisse", "Svizzera", "Suíça", "Zwitserland"],
    "ES": ["España", "Spanien", "Espagne", "Spanje", "Kingdom of Spain"],
    "NL": ["Holland", "The Netherlands", "Niederlande", "Pays-Bas", "Países Bajos", "Paesi Bassi"],
    "IN": ["IND", "India", "Indien"],
    "JP": ["JPN", "日本"],
    "CD": ["Congo, the Democratic Republic of the", "DR Congo", "DRC"],
    "CG": ["Congo", "Republic of the Congo"],
    "TR": ["Türkiye", "Turkey", "Türkei"],
    "GM": ["Gambia", "The Gambia", "Gambia, The"],
    "LC": ["St. Lucia", "Saint Lucia", "St Lucia"],
    "TT": ["Trinidad & Tobago", "Trinidad and Tobago"],
    "NA": ["NA", "Namibia"],
    "GE": ["Georgia"],
    "XK": ["Kosovo"],
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, names in LISTED.items() for name in names])
def test_a_name_leads_to_its_code(code: str, name: str) -> None:
    assert {country_code(spelled) for spelled in (name, name.upper(), name.lower())} == {code}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "unknown",
            "Other",
            "EMEA",
            "APAC",
            "Asia/Pacific Region",
            "Europe",
            "EU",
            "World",
            "Narnia",
            "AA",
            "XX",
            "ZZ",
        ),
        *("276", "49", "Germany (US)", "Germany, France", "State of Georgia", "", "?", "x" * 2_000_000),
    ],
    ids=lambda text: text[:20],
)
def test_what_names_no_country_has_no_code(text: str) -> None:
    assert country_code(text) is None


def test_every_code_of_three_letters_means_what_iso_says() -> None:
    three = {
        alias: codes[0]
        for alias, codes in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and country_code(codes[0])
    }
    assert len(three) > 245
    assert {alias: country_code(alias) for alias in three} == three


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl"])
def test_every_country_is_read_in_the_usual_languages(language: str) -> None:
    names = {code: name for code, name in Locale(language).territories.items() if country_code(code) == code}
    assert len(names) >= 249
    wrong = {name: country_code(name) for code, name in names.items() if country_code(name) != code}
    assert wrong == {}
