"""Compare some leads with all that could be the same, and keep what is alike; a block that is too large is skipped."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from leads.matching.profile import FACTS, Profile
from leads.matching.scoring import SUGGESTED, Score, compare
from leads.models import Lead, MatchKey, PairState, PossibleDuplicate
from leads.sql import load

LARGEST_BLOCK = 50
"""Leads that may share a key: beyond that it tells nobody apart, and comparing all would take the square of them."""
Pair = tuple[int, int]


@dataclass
class Blocks:
    """Who shares a key with whom, and how many have one phone."""

    others: dict[int, set[int]] = field(default_factory=dict)
    holders: dict[int, int] = field(default_factory=dict)
    """How many leads have a key, by its value."""

    @classmethod
    def of(cls, lead_ids: Collection[int]) -> "Blocks":
        blocks = cls()
        with connection.cursor() as cursor:
            cursor.execute(load("leads.matching", "blocks.sql"), {"leads": list(lead_ids), "most": LARGEST_BLOCK})
            for lead, value, leads, size in cursor.fetchall():
                blocks.others.setdefault(lead, set()).update(leads or ())
                blocks.holders[value] = size
        return blocks

    def pairs(self) -> Iterator[Pair]:
        for lead, others in self.others.items():
            yield from (_ordered(lead, other) for other in others if other != lead)


def look_at(lead_ids: Collection[int]) -> int:
    """Compare these leads with all others, bring their suggestions up to date, and return how many pairs are alike.

    Call it in a transaction, and from one process at a time: two would not see each other's keys.
    """
    mine = profiles(lead_ids)
    _keep_keys(lead_ids, mine.values())
    blocks = Blocks.of(mine)
    suggested_before = _open_pairs(lead_ids)
    pairs = {*blocks.pairs(), *suggested_before}
    everybody = mine | profiles({lead for pair in pairs for lead in pair} - mine.keys())
    scored = {pair: _score(pair, everybody, blocks) for pair in pairs}
    alike = {pair: score for pair, score in scored.items() if score and score.points >= SUGGESTED}
    _keep_pairs(alike)
    _supersede([suggested_before[pair] for pair in suggested_before.keys() - alike.keys()])
    return len(alike)


def who_may_be(facts: Mapping[str, object], *, apart_from: int = 0) -> list[tuple[Lead, Score]]:
    """The leads that somebody with these facts may be, most likely first. Nothing is written."""
    profile = Profile.of(apart_from, facts)
    with connection.cursor() as cursor:
        blocks = list(profile.blocks())
        cursor.execute(load("leads.matching", "holders.sql"), {"values": blocks, "most": LARGEST_BLOCK})
        rows = cursor.fetchall()
    sizes = {value: size + 1 for value, _, size in rows}
    others = profiles({lead for _, leads, _ in rows for lead in leads or () if lead != apart_from})
    scored = {pk: compare(profile, other, holders=_holders(profile, other, sizes)) for pk, other in others.items()}
    likely = sorted((score.points, pk) for pk, score in scored.items() if score.points >= SUGGESTED)[::-1]
    leads = Lead.objects.select_related("owner").in_bulk([pk for _, pk in likely])
    return [(leads[pk], scored[pk]) for _, pk in likely if pk in leads]


def profiles(lead_ids: Collection[int]) -> dict[int, Profile]:
    """What is compared of leads; one that was merged is compared with nobody."""
    rows = Lead.objects.filter(pk__in=lead_ids, merged_into=None).order_by().values("pk", *FACTS)
    return {row["pk"]: Profile.of(row["pk"], row) for row in rows}


def _score(pair: Pair, everybody: Mapping[int, Profile], blocks: Blocks) -> Score | None:
    one, other = (everybody.get(lead) for lead in pair)
    if one is None or other is None:
        return None
    return compare(one, other, holders=_holders(one, other, blocks.holders))


def _holders(one: Profile, other: Profile, sizes: Mapping[int, int]) -> int:
    return min((sizes.get(block, 2) for block in one.shared_phones(other)), default=2)


def _keep_keys(lead_ids: Collection[int], mine: Iterable[Profile]) -> None:
    MatchKey.objects.filter(lead__in=lead_ids).delete()
    MatchKey.objects.bulk_create(
        MatchKey(lead_id=profile.lead, value=value) for profile in mine for value in sorted(profile.blocks())
    )


def _open_pairs(lead_ids: Collection[int]) -> dict[Pair, int]:
    """What is suggested of these leads, by their pairs: it is scored again though a block may have grown too large."""
    of_these = PossibleDuplicate.objects.filter(Q(first__in=lead_ids) | Q(second__in=lead_ids), state=PairState.OPEN)
    # Locked in the order of their keys, as whoever decides locks one.
    rows = of_these.order_by("pk").select_for_update(no_key=True).values_list("first_id", "second_id", "pk")
    return {(first, second): pk for first, second, pk in rows}


def _keep_pairs(alike: Mapping[Pair, Score]) -> None:
    rows = [
        {"first": first, "second": second, "score": score.points, "reasons": score.reasons}
        for (first, second), score in sorted(alike.items())
    ]
    with connection.cursor() as cursor:
        cursor.execute(load("leads.matching", "keep_pairs.sql"), {"pairs": json.dumps(rows)})


def _supersede(pair_ids: Collection[int]) -> None:
    PossibleDuplicate.objects.filter(pk__in=pair_ids).update(state=PairState.SUPERSEDED)


def _ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)
