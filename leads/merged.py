"""Which leads were merged into which, however many times in a row."""

from collections.abc import Collection

from leads.models import Lead


def families(lead_ids: Collection[int]) -> dict[int, list[int]]:
    """Each of these leads with all that were merged into it, directly or by way of others: one query a generation."""
    of_member = {lead_id: lead_id for lead_id in lead_ids}
    parents: Collection[int] = of_member.keys()
    while parents:
        merged = dict(Lead.objects.filter(merged_into__in=list(parents)).values_list("pk", "merged_into_id"))
        new = {pk: of_member[into] for pk, into in merged.items() if pk not in of_member and into is not None}
        of_member |= new
        parents = new.keys()
    members: dict[int, list[int]] = {lead_id: [] for lead_id in lead_ids}
    for member, lead_id in of_member.items():
        members[lead_id].append(member)
    return members


def survivor_of(lead_id: int) -> int:
    """The number of the lead into which this one was merged, however many times in a row; else its own."""
    while into := Lead.objects.filter(pk=lead_id).values_list("merged_into", flat=True).first():
        lead_id = into
    return lead_id


def lock_survivor(lead_id: int) -> Lead:
    """Lock the lead that stays, alone: with the other one held as well, it would wait for a merge that waits for us."""
    while True:
        lead = Lead.objects.select_for_update(no_key=True).get(pk=survivor_of(lead_id))
        if survivor_of(lead_id) == lead.pk:  # else it was merged, or a merge undone, while we waited
            return lead


def family(lead_id: int) -> list[int]:
    """A lead and all that were merged into it."""
    return families([lead_id])[lead_id]
