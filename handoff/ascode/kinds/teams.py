"""Teams, with their manager and members by user name. People themselves are no part of the file."""

from collections.abc import Iterable, Mapping
from typing import Any

from handoff.ascode.document import Entry
from handoff.ascode.kind import Kind, Shape, Value, fill, refuse
from handoff.console.settings.people import TeamForm
from leads.models import Team, User


class Teams(Kind):
    section, noun, identity = "teams", "team", ("name",)
    values = (
        Value("name"),
        Value("manager"),
        Value("time_zone"),
        Value("email"),
        Value("slack_channel"),
        Value("members", Shape.TEXTS, default=[]),
    )

    def rows(self) -> Iterable[Team]:
        return Team.objects.select_related("manager")

    def find(self, wanted: Mapping[str, Any]) -> Team | None:
        return Team.objects.filter(name=wanted["name"]).select_for_update(no_key=True).first()

    def read(self, row: Team) -> dict[str, Any]:
        return {
            "name": row.name,
            "manager": row.manager.username if row.manager else "",
            "time_zone": row.time_zone,
            "email": row.email,
            "slack_channel": row.slack_channel,
            "members": sorted(row.members.values_list("username", flat=True)),
        }

    def write(self, row: Team | None, wanted: Entry, by: User) -> Team:  # noqa: ARG002
        manager = _person(wanted, "manager", wanted["manager"]).pk if wanted["manager"] else ""
        data = {name: wanted[name] for name in ("name", "time_zone", "email", "slack_channel")} | {"manager": manager}
        team: Team = fill(TeamForm, row or Team(), data, wanted).save()
        for username in wanted["members"]:
            person = _person(wanted, "members", username)
            if person.team_id != team.pk:
                person.team = team
                person.save(update_fields=["team"])
        return team


def _person(wanted: Entry, name: str, username: str) -> User:
    person = User.objects.filter(username=username).select_for_update(no_key=True, of=("self",)).first()
    if person is None:
        advice = "add them under Users first, or take the name out of the file."
        raise refuse(wanted, name, f"{name}: “{username}” is not a username: {advice}")
    return person
