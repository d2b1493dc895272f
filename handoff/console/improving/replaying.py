"""The page Replay: what a version of the definition would have done to the handoffs on record. No lead is changed.

What takes long is replayed in the background, and what came out is kept: the page shows it, and says of when it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.console.frame import export
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment, source_of
from handoff.console.improving.wording import criterion_of, rate, with_amounts
from handoff.doors import is_looked_at
from handoff.improving import running
from handoff.improving.asking import DAYS, ReplayForm
from handoff.improving.replay import VERDICTS, Group, Outcomes, Replay, Verdict
from handoff.models import ReplayRun
from handoff.reports.kinds import amounts
from leads.models import Definition, Reason, Stage, User

MOST_ROWS = 30
"""Campaigns that are shown; the file has all of them."""


def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a replay. What was not asked for yet is asked for; what was is asked for again by its button."""
    user, definition = opened(request, pk)
    form = ReplayForm(request.GET)
    if request.method == "POST" and form.is_valid():
        running.run_at_once(running.ask(definition, form.chosen(), by=user)[0])
        return redirect(f"{request.path}?{urlencode(form.query())}")
    run = _run(request, definition, form, user) if form.is_valid() else None
    replayed = running.result(run) if run else None
    context = {
        **site.each_context(request),
        "title": f"Replay of the {definition}",
        "definition": definition,
        "question": form,
        "period": _period(form),
        "run": run,
        "is_stale": run is not None and run.digest != definition.digest,
        "finished": moment(run.finished_at) if run and run.finished_at else "",
        "replayed": replayed,
        "list_url": reverse("admin:leads_definition_change", args=[pk]),
        "list_title": str(definition),
        **(_Shown(definition, run, form, user).context(replayed) if run and replayed else {}),
        "again_url": f"{request.path}?{urlencode(form.query())}",
        "export_url": f"{reverse('admin:replay_export', args=[pk])}?{urlencode(form.query())}",
    }
    return TemplateResponse(request, "handoff/console/improving/replay.html", context)


def _run(request: HttpRequest, definition: Definition, form: ReplayForm, user: User) -> ReplayRun | None:
    """The last replay of this question, or a first one, which is done here and now where that is quick."""
    run = running.latest(definition, form.chosen())
    if run is None and is_looked_at(request):
        run, _is_new = running.ask(definition, form.chosen(), by=user)
        running.run_at_once(run)
    return run


def _period(form: ReplayForm) -> str:
    return f"Handed over in the last {DAYS} days, unless you choose another period." if form.is_by_default else ""


class _Shown:
    """A replay as the page shows it."""

    def __init__(self, definition: Definition, run: ReplayRun, form: ReplayForm, user: User) -> None:
        self.run, self.form, self.user = run, form, user
        self.is_stale = run.digest != definition.digest
        self.leads_url = reverse("admin:replay_leads", args=[definition.pk])

    def context(self, replayed: Replay) -> dict[str, Any]:
        rows = [("All handoffs", "", replayed.all)]
        rows += [(VERDICTS[verdict], verdict.value, outcomes) for verdict, outcomes in replayed.verdicts.items()]
        return {
            "rows": [self._row(*row) for row in rows if row[2].handoffs or row[1] != Verdict.UNKNOWN],
            "criteria": self._criteria(replayed),
            "reasons": self._reasons(replayed),
            "groups": [
                ("Campaign", self._groups(replayed.campaigns, "campaign")),
                ("Source", self._groups(replayed.sources, "source")),
            ],
            "unknown": replayed.verdicts[Verdict.UNKNOWN].handoffs,
        }

    def link(self, number: int, **asked: Any) -> dict[str, Any]:
        """A number, and where its leads are: those of a draft that was edited since are no longer found by it."""
        query = {name: value for name, value in asked.items() if value not in ("", None)}
        url = f"{self.leads_url}?{urlencode(self.form.query() | query)}" if number and not self.is_stale else ""
        return {"number": number, "url": url}

    def _row(self, label: str, verdict: str, outcomes: Outcomes) -> dict[str, Any]:
        return {
            "label": label,
            "handoffs": self.link(outcomes.handoffs, verdict=verdict),
            "decided": self.link(outcomes.decided, verdict=verdict, ending="decided"),
            "accepted": self.link(outcomes.accepted, verdict=verdict, ending="accepted"),
            "acceptance": rate(outcomes.acceptance),
            "rejected": self.link(outcomes.rejected, verdict=verdict, ending="rejected"),
            "won": self.link(outcomes.won, verdict=verdict, ending="won"),
            "win_rate": rate(outcomes.win_rate),
            "amount": with_amounts(outcomes.won_amount),
        }

    def _criteria(self, replayed: Replay) -> list[dict[str, Any]]:
        return [
            {
                "label": criterion_of(each, self.user),
                "failing": self.link(replayed.failing[n], criterion=n + 1),
                "unsure": replayed.unsure[n],
            }
            for n, each in enumerate(self.run.criteria)
        ]

    def _reasons(self, replayed: Replay) -> list[dict[str, Any]]:
        labels: Mapping[int, str] = dict(Reason.objects.values_list("pk", "label"))
        return [
            {
                "label": labels[pk],
                "numbers": [
                    self.link(outcomes.reasons[pk], verdict=verdict.value, reason=pk)
                    for verdict, outcomes in replayed.verdicts.items()
                ],
            }
            for pk, _ in replayed.all.reasons.most_common()
        ]

    def _groups(self, groups: Mapping[str, Group], by: str) -> list[dict[str, Any]]:
        named = [(name, group) for name, group in groups.items() if name][:MOST_ROWS]
        return [self._group(name, group, by) for name, group in named]

    def _group(self, name: str, group: Group, by: str) -> dict[str, Any]:
        fails, passes = group[Verdict.FAIL], group[Verdict.PASS]
        asked = {by: name, "verdict": Verdict.FAIL.value}
        return {
            "label": source_of(name) if by == "source" else name,
            "handoffs": self.link(sum(each.handoffs for each in group.values()), **{by: name}),
            "fail": self.link(fails.handoffs, **asked),
            "rejected": self.link(fails.rejected, **asked, ending="rejected"),
            "won": self.link(fails.won, **asked, ending="won"),
            "passing": rate(passes.acceptance),
            "failing": rate(fails.acceptance),
        }


def export_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All that the page shows, a line for each verdict of each campaign and source."""
    _, definition = opened(request, pk)
    form = ReplayForm(request.GET)
    run = running.latest(definition, form.chosen()) if form.is_valid() else None
    replayed = running.result(run) if run else None
    if replayed is None:
        return redirect(f"{reverse('admin:replay', args=[pk])}?{request.GET.urlencode()}")
    columns: dict[str, export.Column] = {
        name: lambda line, name=name: line[name]  # type: ignore[misc]
        for name in ("by", "name", "verdict", "handoffs", "decided", "accepted", "rejected", "won", "won_amount")
    }
    return export.stream(_lines(replayed), columns, "replay")


def _lines(replayed: Replay) -> Iterator[dict[str, Any]]:
    groups = [("all", "", replayed.verdicts)]
    groups += [("campaign", name, group) for name, group in replayed.campaigns.items()]
    groups += [("source", name, group) for name, group in replayed.sources.items()]
    for by, name, group in groups:
        for verdict, outcomes in group.items():
            counts = {key: getattr(outcomes, key) for key in ("handoffs", "decided", "accepted", "rejected", "won")}
            line = {"by": by, "name": name, "verdict": verdict.value, **counts}
            yield line | {"won_amount": amounts(outcomes.won_amount)}


def opened(request: HttpRequest, pk: int) -> tuple[User, Definition]:
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    return user, get_object_or_404(Definition, pk=pk, stage=Stage.MQL)


site.mount("replay/<int:pk>/", page, "replay")
site.mount("replay/<int:pk>/export/", export_view, "replay_export")
