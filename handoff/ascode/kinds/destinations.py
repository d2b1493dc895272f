"""Destinations. A secret address never stands in the file: an environment variable is named in its place."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import slugify

from handoff.alerts.channels import CHANNELS
from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.console.settings.destinations import DestinationForm, give_secret, is_secret
from handoff.models import Destination
from leads.models import User

FROM_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


class Destinations(Kind):
    section, noun, identity = "destinations", "destination", ("name",)
    values = (
        Value("name"),
        Value("audience"),
        Value("medium"),
        Value("address"),
        Value("active", Shape.SWITCH, default=True),
    )

    def rows(self) -> Iterable[Destination]:
        return Destination.objects.all()

    def find(self, wanted: Mapping[str, Any]) -> Destination | None:
        return Destination.objects.filter(name=wanted["name"]).select_for_update(no_key=True).first()

    def read(self, row: Destination) -> dict[str, Any]:
        same = {name: getattr(row, name) for name in ("name", "audience", "medium")}
        is_hidden = bool(row.address) and is_secret(row)
        return same | {"address": _reference(row) if is_hidden else row.address, "active": row.active}

    def write(self, row: Destination | None, wanted: Entry, by: User) -> Destination:  # noqa: ARG002
        data = {name: wanted[name] for name in ("name", "audience", "medium", "active")}
        data |= {"address": _address(row, wanted)}
        form = fill(DestinationForm, row or Destination(), data, wanted)
        give_secret(form.instance)
        saved: Destination = form.save()
        return saved

    def note(self, row: Destination, is_new: bool) -> str:
        if is_new and CHANNELS[row.medium].signs:
            return "Its signing secret is made on this installation: show it by “New signing secret” on its page."
        return ""


def _reference(row: Destination) -> str:
    return f"env:HANDOFF_ADDRESS_{slugify(row.name).replace('-', '_').upper()}"


def _address(row: Destination | None, wanted: Entry) -> str:
    """The address that the file names; an empty one keeps that which is there, as on the page."""
    address = str(wanted["address"])
    match = FROM_ENVIRONMENT.fullmatch(address)
    if match is None:
        return _not_secret(wanted, address)
    given = os.environ.get(match[1], "")
    if not given and not (row and row.address and row.medium == wanted["medium"]):
        raise refuse(wanted, "address", f"address: set the environment variable {match[1]} to the address.")
    return given


def _not_secret(wanted: Entry, address: str) -> str:
    channel = CHANNELS.get(wanted["medium"])
    if address and channel and channel.address_is_secret:
        advice = "name an environment variable that has it, like env:HANDOFF_ADDRESS_CRM"
        raise refuse(wanted, "address", f"address: an address of {channel.label} is a secret: {advice}.")
    return address
