"""On eight thousand real leads the finder counts what plain SQL counts: ../shared/data, where it exists."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from handoff.improving.finder import find
from handoff.workflow.backfill import PastAct, lock_many, record
from leads.models import Lead, Reason, State, Verb
from tests.handoff.improving.conftest import PAST
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATA = Path(os.environ.get("HANDOFF_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data")) / "olist"
LEADS = ["mql_id=external_id", "first_contact_date=created_at", "landing_page_id=campaign", "origin=source"]
HOLDS = {
    ("source", "is_not"): "lead.source <> %s",
    ("campaign", "is_not"): "COALESCE(campaign.name, '') <> %s",
    ("source", "present"): "(lead.source <> '') = %s",
}
COUNT = """
SELECT count(*), count(*) FILTER (WHERE lead.state = 'rejected'), count(*) FILTER (WHERE lead.state = 'opportunity')
FROM leads_lead lead LEFT JOIN leads_campaign campaign ON campaign.id = lead.campaign_id
WHERE NOT ({})
"""


def test_by_origin_and_landing_page_it_counts_what_plain_sql_counts(world: World) -> None:
    if not DATA.exists():
        pytest.skip("needs ../shared/data")
    bring_in("leads", "marketing_qualified_leads.csv", LEADS)
    bring_in("outcomes", "closed_deals.csv", ["mql_id=external_id", "won_date=won_at"])
    reject_the_others(world)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does of what is committed: it takes the tables to be empty
    finding = find()
    assert (finding.decided, finding.rejected) == (8000, 7158)
    assert finding.proposals
    for proposal in finding.proposals:
        holds = " AND ".join(HOLDS[condition["field"], condition["op"]] for condition in proposal.conditions)
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(holds), [condition["value"] for condition in proposal.conditions])
            expected = cursor.fetchone()
        effect = proposal.whole
        assert (effect.withheld, effect.rejected_withheld, effect.won_withheld) == expected


def bring_in(kind: str, name: str, mappings: list[str]) -> None:
    options = {"system": "olist", "map": mappings, "historical": True}
    call_command("import_csv", kind, DATA / name, stdout=io.StringIO(), stderr=io.StringIO(), **options)


@transaction.atomic
def reject_the_others(world: World) -> None:
    """Of whom the files say no more, sales has rejected: a day later, for the sake of the test."""
    reason = {"reason": Reason.objects.get(code="not_our_customer"), "note": "", "retry_on": None, "wrong_field": ""}
    leads = lock_many(list(Lead.objects.filter(state=State.RAW).values_list("pk", flat=True)))
    offered = {"owner": world.ada, "team": None}
    record(
        [
            (
                lead,
                [
                    PastAct(verb=Verb.PROMOTE, at=lead.created_at, facts=offered),
                    PastAct(verb=Verb.REJECT, at=lead.created_at + timedelta(days=1), facts=reason),
                ],
            )
            for lead in leads.values()
        ],
        door=PAST,
    )
