"""Six campaigns of marketing, each with what it promised the buyer."""

from dataclasses import dataclass
from datetime import date, timedelta

from handoff.demo.people import Cast
from leads.models import Campaign

SYSTEM = "demo"  # marks what is the demo's


@dataclass(frozen=True)
class Effort:
    """One campaign: where its leads come from, how they arrive, and how often (`weight`)."""

    key: str
    name: str
    source: str
    arrives_by: str
    promise: str
    cost: str
    currency: str
    owner: str
    weight: int


EFFORTS = (
    Effort(
        "quiet-warehouse",
        "Webinar: The Quiet Warehouse",
        "webinar",
        "webinar",
        "The recording, the slides and the checklist of twelve questions. A specialist calls to go through yours.",
        "4200.00",
        "EUR",
        "mia",
        5,
    ),
    Effort(
        "calm-order-book",
        "Guide: The Calm Order Book",
        "content",
        "form",
        "Forty pages by email at once, and no call unless you ask for one on the form.",
        "2600.00",
        "EUR",
        "mia",
        4,
    ),
    Effort(
        "route-planning",
        "Search: Route planning explained",
        "organic_search",
        "form",
        "An answer from a person to the question that you asked on the form, within two days.",
        "1500.00",
        "EUR",
        "mia",
        4,
    ),
    Effort(
        "planner-trial",
        "Ads: Thirty days of the route planner",
        "paid_search",
        "trial_signup",
        "Thirty days of the full planner, set up together with you in a first call.",
        "9800.00",
        "USD",
        "nora",
        5,
    ),
    Effort(
        "harbour-days",
        "Trade show: Harbour Days, hall 4",
        "trade_show",
        "badge_scan",
        "A follow-up with the figures that we sketched at the stand, and a ticket for next year.",
        "18500.00",
        "EUR",
        "nora",
        3,
    ),
    Effort(
        "friends",
        "Referral: Friends of the House",
        "referral",
        "form",
        "A call by name: your friend told us what you need, and you need not tell it again.",
        "3000.00",
        "USD",
        "nora",
        2,
    ),
)


def is_loaded() -> bool:
    return Campaign.objects.filter(system=SYSTEM).exists()


def make_campaigns(cast: Cast, since: date) -> dict[Effort, Campaign]:
    return {
        effort: Campaign.objects.create(
            name=effort.name,
            system=SYSTEM,
            external_id=effort.key,
            owner=cast[effort.owner],
            promise=effort.promise,
            cost=effort.cost,
            currency=effort.currency,
            starts_on=since - timedelta(days=7),
            ends_on=since + timedelta(days=120),
        )
        for effort in EFFORTS
    }
