"""A small scoring model that both sides have signed, and the leads of the story scored by it."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from handoff.demo.people import Cast
from handoff.models import ScoringRun
from leads.models import Lead, ScoringModel
from leads.score_rules import keyed
from leads.scoring import score_between

TEXT = (
    "Who has a firm that ships goods, and shows that they want something of us. A visit of the site fades; a request "
    "for a demonstration does not. From 40 points a lead may be handed over, from 80 it is hot."
)
FIT: list[dict[str, Any]] = [
    {"name": "Names a firm", "points": 30, "conditions": [{"field": "company", "op": "present", "value": True}]},
    {
        "name": "In a country that we serve",
        "points": 10,
        "conditions": [{"field": "country", "op": "in", "value": ["DE", "AT", "CH", "GB", "US", "CA"]}],
    },
    {"name": "Can be called", "points": 5, "conditions": [{"field": "phone", "op": "present", "value": True}]},
]
BEHAVIOUR: list[dict[str, Any]] = [
    {"name": "Asked for a demonstration", "kinds": ["demo_request"], "points": 40, "half_life": None, "cap": 40},
    {"name": "Looked around", "kinds": ["page_visit", "email_click"], "points": 4, "half_life": 30, "cap": 12},
    {"name": "Took something home", "kinds": ["download", "webinar"], "points": 6, "half_life": 90, "cap": 12},
]


def score_by_a_model(cast: Cast, since: datetime) -> None:
    """Last of all: a model that scores while the story is played would change who is hot in it.

    The run is finished, so that the next one comes a day later, when what is live is over.
    """
    model = ScoringModel(version=1, text=TEXT, exclusions=[], grade_a=40, grade_b=30, grade_c=20)
    model.fit_rules = keyed(FIT, ())
    model.behaviour_rules = keyed(BEHAVIOUR, [rule["key"] for rule in model.fit_rules])
    model.marketing_signatory, model.sales_signatory = cast["nora"], cast["max"]
    model.come_into_force(since)
    model.full_clean()
    model.save()
    newest = Lead.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    now = timezone.now()
    changed = score_between(model, 0, newest, now)
    total = Lead.objects.count()
    ScoringRun.objects.create(
        model=model, total=total, done=total, changed=len(changed), cursor=newest, started_at=now, finished_at=now
    )
