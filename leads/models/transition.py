"""The history of a lead: append-only, and the truth that everything else can be rebuilt from."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from leads.models.lead import Lead, State
from leads.models.people import Team


class Verb(models.TextChoices):
    """What can be done with a lead: its name, its past tense to be read before the lead, and its label.

    The first eight move the state of a lead; the others are kept in the same history.
    """

    past: str

    def __new__(cls, name: str, past: str = "") -> "Verb":
        verb = str.__new__(cls, name)
        verb._value_, verb.past = name, past
        return verb

    PROMOTE = "promote", "promoted", "Promote"
    ACCEPT = "accept", "accepted", "Accept"
    QUALIFY = "qualify", "qualified", "Qualify"
    CONVERT = "convert", "converted", "Convert"
    REJECT = "reject", "rejected", "Reject"
    RECYCLE = "recycle", "recycled", "Recycle"
    RESUBMIT = "resubmit", "resubmitted", "Resubmit"
    OVERTURN = "overturn", "overturned the rejection of", "Overturn"
    ASSIGN = "assign", "assigned", "Assign"
    TOUCH = "touch", "logged a touch with", "Log a touch"
    PAUSE = "pause", "paused", "Pause"
    RESUME = "resume", "resumed", "Resume"
    ANSWER = "answer", "answered the rejection of", "Answer"
    DISPUTE = "dispute", "disputed the rejection of", "Dispute"
    COMMENT = "comment", "commented on", "Comment"
    MERGE = "merge", "merged", "Merge"
    UPHOLD = "uphold", "upheld the rejection of", "Uphold"
    ACKNOWLEDGE = "acknowledge", "acknowledged an alarm of", "Acknowledge"
    EXCUSE = "excuse", "excused a breach of", "Excuse"
    REEVALUATE = "reevaluate", "re-evaluated the policies of", "Re-evaluate policies"
    UPDATE_DEAL = "update_deal", "updated a deal of", "Update deals"
    UNMERGE = "unmerge", "undid the merge of", "Undo the merge"
    SNOOZE = "snooze", "snoozed", "Snooze"
    UNDO = "undo", "took back an act on", "Undo"


GIVING = (Verb.PROMOTE, Verb.ASSIGN)
"""Verbs by which a lead is given to somebody."""
ANY_TIME = (Verb.TOUCH, Verb.COMMENT, Verb.ACKNOWLEDGE, Verb.EXCUSE, Verb.UPDATE_DEAL, Verb.SNOOZE)
"""Verbs that may be dated before what was done later: they change neither the state of a lead nor its owner."""
AMENDING = (
    Verb.PAUSE,
    Verb.RESUME,
    Verb.ACKNOWLEDGE,
    Verb.EXCUSE,
    Verb.REEVALUATE,
    Verb.UNMERGE,
    Verb.UNDO,
)
"""Verbs that change running clocks, or those that have stopped, and not only start and stop them."""


class Via(models.TextChoices):
    """The door through which it was done."""

    CONSOLE = "console"
    API = "api", "API"
    SLACK = "slack"
    IMPORT = "import"
    SWEEP = "sweep"
    SYSTEM = "system"


class CountingActs(models.Manager["Transition"]):
    """The acts that count: neither those that were taken back nor those that took them back."""

    def get_queryset(self) -> models.QuerySet["Transition"]:
        return super().get_queryset().filter(~models.Exists(TakenBack.objects.filter(act=models.OuterRef("pk"))))


class Transition(models.Model):
    """One act on one lead. The database refuses to change or delete a row of it.

    `objects`, and so `lead.transitions`, has the acts that count, so that no reader can forget that one was taken
    back. Whoever shows the history, or derives clocks from it, reads all that is `written`.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(max_length=12, choices=Verb)
    from_state = models.CharField(max_length=12, choices=State)
    to_state = models.CharField(max_length=12, choices=State)
    cycle = models.PositiveSmallIntegerField(help_text="The handoff cycle after the act.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The owner after the act.",
    )
    team = models.ForeignKey(
        Team,
        null=True,
        db_default=None,
        db_index=False,
        db_constraint=False,  # its check would lock the team's row in every act
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The team of the lead after the act. Empty too in acts recorded before this column existed.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty when the system acted.",
    )
    at = models.DateTimeField(help_text="When it happened.")
    recorded_at = models.DateTimeField(default=timezone.now, help_text="When it was written down.")
    via = models.CharField(max_length=8, choices=Via)
    historical = models.BooleanField(default=False, help_text="Written by a backfill: runs no clock, notifies no one.")
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)
    before = models.JSONField(null=True, db_default=None, help_text="What taking it back needs: how it was before.")

    objects = CountingActs()
    written = models.Manager["Transition"]()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(verb__in=Verb.values), name="transition_verb_known"),
            models.CheckConstraint(condition=models.Q(via__in=Via.values), name="transition_via_known"),
        ]
        indexes = [
            models.Index(fields=["lead", "at"]),
            models.Index(fields=["at", "id"], name="transition_at"),
            models.Index(fields=["verb", "at"], name="transition_verb"),
            models.Index(fields=["via", "at"], name="transition_via"),
            # For the rotation, which asks who was given a lead when. Narrow, as the others need not pay for it.
            models.Index(fields=["owner", "-at"], condition=models.Q(verb__in=GIVING), name="transition_given"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.from_state} → {self.to_state}"

    @property
    def kept(self) -> dict[str, Any]:
        """How it was before, for an act that can be taken back."""
        return self.before or {}

    @property
    def taken_back_by(self) -> int | None:
        """The act that took it back. A list of acts is read with `taken_back`."""
        row = None if self.verb == Verb.UNDO else getattr(self, "taken_back", None)
        return row and row.undo_id


class TakenBack(models.Model):
    """An act that counts no more, and the act that took it back, which does not count either: a row for each.

    A trigger of the database writes them with that act, and its key lets an act be taken back once.
    """

    act = models.OneToOneField(Transition, primary_key=True, on_delete=models.PROTECT, related_name="taken_back")
    undo = models.ForeignKey(Transition, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"Act {self.act_id}, by act {self.undo_id}"
