"""Possible duplicates: which of them a person sees, and the decision that two leads are not the same."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from handoff.refusals import NoSuchLead, NotAllowed, WrongState
from handoff.workflow.rights import merges, sees_all, works
from leads.models import Lead, PairState, PossibleDuplicate, User

LIKELIEST = 2_000
"""Of so many pairs, the likeliest, those are listed that a salesperson sees: no index knows them."""
NOBODY_ELSE = "You may not decide this: marketing, RevOps, and whoever works one of the two leads may."


def waiting() -> QuerySet[PossibleDuplicate]:
    """What waits for a decision, the likeliest first."""
    pairs = PossibleDuplicate.objects.filter(state=PairState.OPEN)
    return pairs.filter(first__merged_into=None, second__merged_into=None).order_by("-score", "-pk")


def open_pairs(user: User) -> QuerySet[PossibleDuplicate]:
    """Those of which this person may see both leads."""
    return visible(user, waiting())


def visible(user: User, pairs: QuerySet[PossibleDuplicate]) -> QuerySet[PossibleDuplicate]:
    """A pair is seen by whoever sees both of its leads: one alone would tell of a lead of another team."""
    seen = Lead.objects.visible_to(user)
    if seen.query.where:
        return pairs.filter(first__in=seen.values("pk"), second__in=seen.values("pk"))
    return pairs


def likeliest(user: User, pairs: QuerySet[PossibleDuplicate]) -> QuerySet[PossibleDuplicate]:
    """The same for a list: as many pairs of others as there are would be read for the few that a person sees."""
    if sees_all(user):
        return pairs
    first = pairs.order_by("-score", "-pk").values_list("pk", flat=True)[:LIKELIEST]
    return visible(user, pairs.filter(pk__in=list(first)))


def pairs_of(lead: Lead, user: User) -> list[tuple[PossibleDuplicate, Lead]]:
    """Whom a lead may be, each with its suggestion."""
    of_lead = open_pairs(user).filter(Q(first=lead) | Q(second=lead)).select_related("first__owner", "second__owner")
    return [(pair, pair.second if pair.first_id == lead.pk else pair.first) for pair in of_lead]


def may_decide(user: User, pair: PossibleDuplicate) -> bool:
    return user.is_active and (merges(user, pair.first) or works(user, pair.first) or works(user, pair.second))


@transaction.atomic
def not_the_same(pair_id: int, *, by: User) -> PossibleDuplicate:
    """Decide that two leads are two people: they are never suggested again.

    Raises NoSuchLead for a pair that this person may not see, NotAllowed, and WrongState for one that is decided.
    """
    seen = visible(by, PossibleDuplicate.objects.select_related("first__owner", "second__owner", "decided_by"))
    pair = seen.select_for_update(no_key=True, of=("self",)).filter(pk=pair_id).first()
    if pair is None:
        raise NoSuchLead(
            f"Possible duplicate {pair_id} was not found: choose one from the list of possible duplicates."
        )
    if pair.state != PairState.OPEN:
        who = f" by {pair.decided_by}" if pair.decided_by else ""
        state = PairState(pair.state).label.lower()
        raise WrongState(f"{pair} is not open any more: {state}{who}.", state=pair.state)
    if not may_decide(by, pair):
        raise NotAllowed(NOBODY_ELSE)
    pair.state, pair.decided_by, pair.decided_at = PairState.NOT_THE_SAME, by, timezone.now()
    pair.save(update_fields=["state", "decided_by", "decided_at"])
    return pair


def part(one: Lead, other: Lead, by: User | None) -> None:
    """Two leads whose merge was undone are two people. They are not suggested again."""
    first, second = sorted((one.pk, other.pk))
    decision = {"state": PairState.NOT_THE_SAME, "decided_by": by, "decided_at": timezone.now()}
    PossibleDuplicate.objects.update_or_create(
        first_id=first, second_id=second, defaults=decision, create_defaults={**decision, "score": 0}
    )
