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
    while into := Lead.objects.values_list("merged_into", flat=True).get(pk=lead_id):
        lead_id = into
    return lead_id


def lock_survivor(lead_id: int) -> Lead:
    """Lock the lead that stays, alone: with the other one held as well, it would wait for a merge that waits for us."""
    locked, wanted = Lead.objects.filter(merged_into=None).select_for_update(no_key=True), lead_id
    while True:
        lead = locked.filter(pk=wanted).first()
        # Of another one the merge may have been undone while we waited.
        if lead is not None and (wanted == lead_id or wanted == survivor_of(lead_id)):
            return lead
        wanted = survivor_of(lead_id)


def family(lead_id: int) -> list[int]:
    """A lead and all that were merged into it."""
    return families([lead_id])[lead_id]
