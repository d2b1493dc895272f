"""The review of the scoring model: within a year both sides look at it again, each in a form of its own."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from handoff.agreement.signing import SIGNATORIES, lock
from handoff.alerts import announce_review
from handoff.models import ReviewVerdict, ScoreFlag, ScoreReview
from handoff.refusals import FactsRefused, NotAllowed
from leads.models import Role, ScoringModel, Side, User
from leads.models.scoring import months_after

SIDES = {Role.MARKETING_LEAD: Side.MARKETING, Role.SALES_MANAGER: Side.SALES}
LEAST_WORDS = 20  # characters of what was examined: “ok” is not a review


def _due_on(model: ScoringModel) -> date:
    assert model.review_on is not None  # noqa: S101 a constraint of the database, of a version in force
    return model.review_on


def due(model: ScoringModel | None, today: date | None = None) -> bool:
    """The review of the model in force is due."""
    today = today or timezone.now().date()
    return model is not None and model.review_on is not None and model.review_on <= today


def sides_left(model: ScoringModel) -> list[Side]:
    """The sides that have not reviewed it since the review is due."""
    done = set(model.reviews.filter(due_on=_due_on(model)).values_list("side", flat=True))
    return [side for side in SIDES.values() if side not in done]


def side_to_review(user: User, model: ScoringModel) -> Side | None:
    """The side for which a person may still review it. Nobody reviews for both."""
    if not due(model) or model.reviews.filter(due_on=_due_on(model), by=user).exists():
        return None
    left = sides_left(model)
    return next((side for role, side in SIDES.items() if side in left and user.has_role(role)), None)


@transaction.atomic
def review(model_id: int, *, by: User, examined: str, verdict: str) -> ScoreReview:
    """Review the model in force for one side. Once both keep it, its next review is due after as long again.

    Raise FactsRefused without the form filled in, or where no review is due.
    """
    if not by.has_role(*SIDES):
        raise NotAllowed("Only a marketing lead or a sales manager can review the scoring model.")
    model = lock(ScoringModel.objects.all(), model_id)
    _refuse_needless(model)
    side = side_to_review(by, model)
    if side is None:
        raise FactsRefused("You have reviewed it, or your side has: the other side is next.")
    _refuse_blank(examined, verdict)
    unanswered = ScoreFlag.objects.filter(decision="").count()
    done = ScoreReview.objects.create(
        model=model,
        due_on=_due_on(model),
        side=side,
        verdict=verdict,
        examined=examined.strip(),
        open_flags=unanswered,
        by=by,
    )
    _keep_if_agreed(model)
    return done


def refuse_unreviewed(by: User) -> None:
    """Who approves the next version has looked at the one in force, if that is due."""
    in_force = ScoringModel.active()
    if in_force is not None and side_to_review(by, in_force):
        raise FactsRefused(f"The review of the {in_force} is due: fill in the review first, then sign.")


def tell(today: date | None = None) -> None:
    """Notify both sides that the review is due, once. Call it as often as you like."""
    model = ScoringModel.active()
    if model is not None and due(model, today):
        announce_review(model, SIGNATORIES)


def _refuse_needless(model: ScoringModel) -> None:
    if model != ScoringModel.active():
        raise FactsRefused(f"The {model} is not in force: review the one that is.")
    if not due(model):
        raise FactsRefused(f"The review of the {model} is due on {model.review_on:%d %b %Y}, not before.")


def _refuse_blank(examined: str, verdict: str) -> None:
    if len(examined.strip()) < LEAST_WORDS:
        words = f"Say what you looked at, and what follows, in at least {LEAST_WORDS} characters."
        raise FactsRefused(words, {"examined": [words]})
    if verdict not in ReviewVerdict.values:
        words = "Choose whether the model is kept or changed."
        raise FactsRefused(words, {"verdict": [words]})


def _keep_if_agreed(model: ScoringModel) -> None:
    kept = model.reviews.filter(due_on=_due_on(model), verdict=ReviewVerdict.KEEP)
    if kept.count() == len(SIDES):
        model.review_on = months_after(timezone.now().date(), model.review_months)
        model.save(update_fields=["review_on"])
