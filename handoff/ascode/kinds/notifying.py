"""Who is notified without a ladder: which verbs notify which destinations, and which standard messages are sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms import modelform_factory

from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.models import Destination, StandardKind, StandardMessage, Subscription
from leads.models import User

_SubscriptionForm = modelform_factory(Subscription, fields=["verb", "destination"])
_MessageForm = modelform_factory(StandardMessage, fields=["kind", "active"])


class Subscriptions(Kind):
    section, noun, identity = "when_to_notify", "notification", ("verb", "destination")
    values = (Value("verb"), Value("destination"))

    def rows(self) -> Iterable[Subscription]:
        return Subscription.objects.select_related("destination")

    def find(self, wanted: Mapping[str, Any]) -> Subscription | None:
        rows = Subscription.objects.filter(verb=wanted["verb"], destination__name=wanted.get("destination", ""))
        return rows.select_for_update(no_key=True, of=("self",)).select_related("destination").first()

    def read(self, row: Subscription) -> dict[str, Any]:
        return {"verb": row.verb, "destination": row.destination.name}

    def write(self, row: Subscription | None, wanted: Entry, by: User) -> Subscription:  # noqa: ARG002
        destination = Destination.objects.filter(name=wanted["destination"]).first()
        if destination is None:
            raise refuse(
                wanted,
                "destination",
                f"destination: “{wanted['destination']}” is not the name of a destination: add it first.",
            )
        data = {"verb": wanted["verb"], "destination": str(destination.pk)}
        saved: Subscription = fill(_SubscriptionForm, row or Subscription(), data, wanted).save()
        return saved

    def retire(self, row: Subscription, by: User) -> None:  # noqa: ARG002
        row.delete()


class StandardMessages(Kind):
    section, noun, identity = "standard_messages", "standard message", ("kind",)
    values = (Value("kind"), Value("active", Shape.SWITCH, default=True))

    def rows(self) -> Iterable[StandardMessage]:
        """A kind without a row is sent."""
        stored = {row.kind: row for row in StandardMessage.objects.all()}
        return [stored.get(kind, StandardMessage(kind=kind)) for kind in StandardKind.values]

    def find(self, wanted: Mapping[str, Any]) -> StandardMessage | None:
        row = StandardMessage.objects.filter(kind=wanted["kind"]).select_for_update(no_key=True).first()
        is_kind = wanted["kind"] in StandardKind.values
        return row or (StandardMessage(kind=str(wanted["kind"])) if is_kind else None)

    def read(self, row: StandardMessage) -> dict[str, Any]:
        return {"kind": row.kind, "active": row.active}

    def write(self, row: StandardMessage | None, wanted: Entry, by: User) -> StandardMessage:  # noqa: ARG002
        data = {name: wanted[name] for name in ("kind", "active")}
        saved: StandardMessage = fill(_MessageForm, row or StandardMessage(), data, wanted).save()
        return saved
