"""The lead and its states."""

from datetime import date, datetime
from typing import Any, NoReturn, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django_fsm import RETURN_VALUE, ConcurrentTransitionMixin, FSMField, transition

from leads.lookups import AnyOf
from leads.models.campaign import Campaign
from leads.models.lead_facts import LeadFacts
from leads.models.orders import BY_SCORE, COMPANY, LAST_WORD, NAME
from leads.models.people import MARKETING, SALES, Role, Team, User
from leads.models.reason import Reason


class State(models.TextChoices):
    """Where a lead stands between marketing and sales."""

    RAW = "raw", "Raw"
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    REJECTED = "rejected", "Rejected"


class LeadQuerySet(models.QuerySet["Lead"]):
    """Leads, as one may look for them; their state is moved by the verbs alone."""

    def visible_to(self, user: User) -> Self:
        """The leads this person may see: marketing and RevOps all, sales those of their teams and their own."""
        if user.has_role(*MARKETING, Role.REVOPS):
            return self
        if user.has_role(*SALES):
            # One array of people, and no join with them: of both sides of the OR an index is used.
            people = User.objects.filter(Q(team__in=user.team_ids) | Q(pk=user.pk)).order_by()
            return self.filter(Q(team__in=user.team_ids) | Q(AnyOf(F("owner"), ArraySubquery(people.values("pk")))))
        return self.none()

    def update(self, **fields: Any) -> int:
        if "state" in fields:
            _refuse_bypass()
        return super().update(**fields)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        if "state" in fields:
            _refuse_bypass()
        return super().bulk_update(objs, fields, batch_size)


def _refuse_bypass() -> NoReturn:
    raise AttributeError("A lead's state moves by the verbs of handoff.workflow, not by an update.")


class Lead(ConcurrentTransitionMixin, models.Model):
    """Somebody who might buy. Known by normalised email, by external ids, or both."""

    email = models.CharField(max_length=254, blank=True, help_text="Normalised; empty when unknown.")
    name = models.CharField(max_length=200, blank=True)
    company = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    first_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    last_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    phone = models.CharField(max_length=40, blank=True)
    mobile_phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    preferred_channel = models.CharField(max_length=8, blank=True, default="", db_default="")
    do_not_contact = models.BooleanField(default=False, db_default=False)
    do_not_contact_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    do_not_contact_since = models.DateTimeField(
        null=True, blank=True, help_text="A trigger of the database keeps it, so that no writer can forget it."
    )
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code.")
    source = models.CharField(max_length=80, blank=True)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    score = models.IntegerField(null=True, blank=True)
    stated_score = models.IntegerField(
        null=True,
        blank=True,
        default=None,
        db_default=None,
        editable=False,
        help_text="What other systems say its score is, once a scoring model gives it one.",
    )
    fit_grade = models.CharField(
        max_length=1,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="By the points of fit: A to D, or X where the model excludes it. Empty without a model.",
    )
    scored_at = models.DateTimeField(
        null=True,
        blank=True,
        default=None,
        db_default=None,
        editable=False,
        help_text="As of when its score is that of the model.",
    )
    scored_by = models.ForeignKey(
        "leads.ScoringModel",
        null=True,
        blank=True,
        default=None,
        db_default=None,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Empty: its score is from outside.",
    )
    attributes = models.JSONField(default=dict, db_default={}, blank=True, help_text="By key, in canonical form.")
    consent = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text="By purpose, what the newest word of the buyer is and when it was said. A trigger sums it up.",
    )
    provenance = models.JSONField(
        default=dict, db_default={}, editable=False, help_text="By fact: from which system, when and by whom it is."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="leads", db_index=False
    )

    state = FSMField(default=State.RAW, choices=State.choices, protected=True)
    entered_at = models.DateTimeField(default=timezone.now, help_text="Since when it has been in its state.")
    cycle = models.PositiveSmallIntegerField(default=0, help_text="How many times it was handed to sales.")
    reason = models.ForeignKey(Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    last_touch_at = models.DateTimeField(null=True, blank=True)
    reenter_on = models.DateField(
        null=True, blank=True, help_text="When to come back to a recycled lead, or to one that was rejected for now."
    )
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when its clocks are paused.")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Empty in a pause: until it is resumed.")
    snoozed_until = models.DateTimeField(
        null=True, blank=True, db_default=None, help_text="When its owner wants to be reminded of it. No clock waits."
    )
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    created_at = models.DateTimeField(default=timezone.now, help_text="When it was captured.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], condition=~Q(email=""), name="lead_email_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="lead_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.REJECTED, reason__isnull=False) | (~Q(state=State.REJECTED) & Q(reason=None)),
                name="lead_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="lead_not_merged_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(paused_until=None) | Q(paused_until__gt=F("paused_at")), name="lead_pause_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "owner"]),
            models.Index(fields=["team", "state"]),
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["team", "owner"], name="lead_team_owner"),
            models.Index(fields=["campaign", "created_at", "id"], name="lead_campaign"),
            models.Index(fields=["created_at", "id"], condition=Q(do_not_contact=True), name="lead_not_contacted"),
            models.Index(fields=["created_at", "id"], condition=Q(paused_at__isnull=False), name="lead_paused"),
            # What was promised or put on hold is found by these, however many leads there are.
            models.Index(fields=["snoozed_until"], condition=Q(snoozed_until__isnull=False), name="lead_snoozed"),
            models.Index(fields=["reenter_on"], condition=Q(reenter_on__isnull=False), name="lead_reenter_on"),
            models.Index(
                fields=["paused_at"], condition=Q(paused_at__isnull=False, paused_until=None), name="lead_open_pause"
            ),
            GinIndex(fields=["attributes"], name="lead_attributes"),
            # The owner of an account is looked for at each promotion by itself.
            models.Index(
                Upper("company"), condition=Q(owner__isnull=False) & ~Q(company=""), name="lead_owned_company"
            ),
            # What lists are sorted by, and how names and companies begin: a search reads no lead besides.
            models.Index(BY_SCORE, "id", name="lead_score"),
            models.Index(fields=["updated_at", "id"], name="lead_updated"),
            models.Index(fields=["entered_at", "id"], name="lead_entered"),
            models.Index(NAME, name="lead_name"),
            models.Index(LAST_WORD, name="lead_last_word"),
            models.Index(COMPANY, name="lead_company"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("state", State.RAW) != State.RAW:
            _refuse_bypass()
        super().__init__(*args, **kwargs)

    def __str__(self) -> str:
        return self.name or self.company or self.email or f"Lead {self.pk}"

    # The FSM says what is allowed. What happens besides is the verb's affair (handoff.workflow).

    @transition(field=state, source=State.RAW, target=State.MQL)
    def promote(self, at: datetime) -> None:
        self._offer(at)

    @transition(field=state, source=State.MQL, target=State.SAL)
    def accept(self, at: datetime) -> None:
        self.entered_at = at

    @transition(field=state, source=State.SAL, target=State.SQL)
    def qualify(self, at: datetime) -> None:
        self.entered_at = at

    @transition(field=state, source=State.SQL, target=State.OPPORTUNITY)
    def convert(self, at: datetime) -> None:
        self.entered_at = at

    @transition(field=state, source=[State.RAW, State.MQL, State.SAL, State.SQL], target=State.REJECTED)
    def reject(self, at: datetime, reason: Reason, retry_on: date | None = None) -> None:
        self.entered_at = at
        self.reason = reason
        self.reenter_on = retry_on

    @transition(field=state, source=State.REJECTED, target=State.RAW)
    def recycle(self, at: datetime, reenter_on: Any) -> None:
        self.entered_at = at
        self.reason = None
        self.reenter_on = reenter_on

    @transition(field=state, source=State.REJECTED, target=State.MQL)
    def resubmit(self, at: datetime) -> None:
        self.reason = None
        self._offer(at)

    @transition(field=state, source=State.REJECTED, target=State.MQL)
    def overturn(self, at: datetime) -> None:
        self.reason = None
        self._offer(at)

    @transition(field=state, source="*", target=RETURN_VALUE(*State.values))
    def return_to(self, state: str) -> str:
        """Stand where it stood before an act that is taken back."""
        return state

    @property
    def opportunity(self) -> Any:
        """Its main deal: the newest that is open, else the newest; None without a deal."""
        return next(iter(self.deals.model.by_rank(self.deals.all())), None)

    def facts(self) -> LeadFacts:
        """Its facts by name, as conditions ask for them."""
        return LeadFacts(self)

    def is_paused(self, at: datetime) -> bool:
        """Its clocks are paused at a moment."""
        return self.paused_at is not None and (self.paused_until is None or self.paused_until > at)

    def is_snoozed(self, at: datetime) -> bool:
        """Its owner has put it off at a moment. Its clocks go on."""
        return self.snoozed_until is not None and self.snoozed_until > at

    def _offer(self, at: datetime) -> None:
        self.entered_at = at
        self.cycle += 1
        self.reenter_on = None

    # django-fsm-2 lifts the protection of the field for the whole process while it refreshes, and for good when the
    # row is gone; and a protected field breaks full_clean(). Both are avoided here.

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        state = self.__dict__.pop("state", None)
        try:
            models.Model.refresh_from_db(self, using=using, fields=fields, from_queryset=from_queryset)
        finally:
            self.__dict__.setdefault("state", state)
        self._update_initial_state()

    @property
    def state_fields(self) -> Any:
        """The same as in the library, which looks for them again with every lead that is loaded."""
        return _STATE_FIELDS

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude={*(exclude or ()), "state"})


_STATE_FIELDS = (Lead._meta.get_field("state"),)
