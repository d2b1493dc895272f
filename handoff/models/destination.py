"""Where notifications go: an audience and a medium, and which steps of a ladder name it."""

from django.db import models
from django.db.models import Q

from sla.models import Step

# Every medium there is, with its label. Channels are declared far above the models (`handoff.alerts.channels`), which
# fill this as the app starts: so a new channel needs no migration, and no change here.
MEDIA: dict[str, str] = {}


def media() -> list[tuple[str, str]]:
    return list(MEDIA.items())


class Audience(models.TextChoices):
    """Who is notified."""

    OWNER = "owner", "The lead's owner"
    MANAGER = "manager", "The owner's manager"
    TEAM = "team", "The team's channel or mailbox"
    MARKETING = "marketing", "The campaign's owner, or else the marketing leads"
    REVOPS = "revops", "RevOps"
    FIXED = "fixed", "A fixed address"


class Destination(models.Model):
    """An audience and the medium by which it is notified, with an address when that is fixed."""

    name = models.CharField(max_length=120, unique=True)
    audience = models.CharField(max_length=10, choices=Audience)
    medium = models.CharField(max_length=20, choices=media)
    address = models.CharField(max_length=500, blank=True)
    # The address of a webhook and this key are secrets: only the sending reads them, and no page shows them again.
    signing_secret = models.CharField(max_length=100, blank=True, editable=False, default="", db_default="")
    active = models.BooleanField(default=True)
    steps = models.ManyToManyField(Step, through="StepRecipient", related_name="destinations")

    class Meta:
        db_table = "sla_destination"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience=Audience.FIXED) & ~Q(address="") | ~Q(audience=Audience.FIXED) & Q(address=""),
                name="destination_fixed_has_address",
                violation_error_message="Give an address for a fixed destination, and only then: any other takes it "
                "from the person or the team.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StepRecipient(models.Model):
    """One destination that a step of a ladder notifies."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="recipients")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="recipients")

    class Meta:
        db_table = "sla_step_tells"
        constraints = [models.UniqueConstraint(fields=["step", "destination"], name="step_recipient_once")]
