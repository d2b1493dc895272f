"""Where people work: companies by their names, and domains by whoever registered them."""

from functools import cache, lru_cache

import tldextract
from rapidfuzz import fuzz

from leads.matching.spelling import sound, word_list, words

_ALIKE = 88  # of 100, by the letters that two names have in common
_SHORTEST = 5  # letters of a name that may be spelled wrong


@cache
def _suffixes() -> tldextract.TLDExtract:
    # The list that comes with the package: no network is asked, and nothing is kept on the disk.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=65_536)
def registered(domain: str) -> str:
    """The domain that somebody registered: acme.co.uk of mail.acme.co.uk."""
    parts = _suffixes()(domain)
    return f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else domain


def is_free(domain: str) -> bool:
    """Anyone may have an address there, so that it says nothing about two who do."""
    free = word_list("free_mail.txt")
    return domain in free or domain.partition(".")[0] in free


@lru_cache(maxsize=65_536)
def company_of(text: str) -> str:
    """A company as it is compared: without its legal form; nothing where it names none."""
    spelled = words(text)
    if "".join(spelled) in word_list("no_companies.txt"):
        return ""
    kept = [word for word in spelled if word not in word_list("legal_forms.txt")]
    return "".join(kept or spelled)


def is_alike(one: str, other: str) -> bool:
    """Two companies that are spelled otherwise, or of which one is named in full: Acme, Acme Deutschland."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SHORTEST:
        return False
    return longer.startswith(shorter) or fuzz.ratio(one, other, score_cutoff=_ALIKE) > 0


def is_domain_of(company: str, domain: str) -> bool:
    """The domain is named as the company is: acme.example of Acme GmbH."""
    label = "".join(words(domain.partition(".")[0]))
    shorter, longer = sorted((company, label), key=len)
    return len(shorter) >= _SHORTEST - 1 and longer.startswith(shorter)


def company_sound(company: str) -> str:
    return sound(company[:12])
