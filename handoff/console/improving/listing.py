"""The leads behind a number of a replay, page by page, and as a file."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.console.frame import export
from handoff.console.frame.site import site
from handoff.console.frame.words import moment
from handoff.console.improving.replaying import opened
from handoff.console.improving.wording import criterion_of
from handoff.improving.asking import ReplayForm
from handoff.improving.behind import ENDINGS, Case, Number, behind
from handoff.improving.replay import FAILS, VERDICTS, Verdict, verdict_of
from handoff.models import Decision, Handoff
from leads.models import Definition, Lead, Reason, User

EACH = 50
IN_FILE = 5000
COLUMNS = ("lead_id", "lead", "offered_at", "verdict", "campaign", "source", "decision", "reason", "won")


class NumberForm(ReplayForm):
    """Which number, and after which handoff the page begins."""

    verdict = forms.ChoiceField(choices=[("", ""), *((each.value, label) for each, label in VERDICTS.items())])
    ending = forms.ChoiceField(choices=[("", ""), *((name, name) for name in ENDINGS)])
    reason = forms.ModelChoiceField(Reason.objects.all())
    criterion = forms.IntegerField(min_value=1, max_value=200)
    after = forms.ModelChoiceField(Handoff.objects.all())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def number(self) -> Number:
        given = self.cleaned_data
        return Number(
            Verdict(given["verdict"]) if given["verdict"] else None,
            given["ending"],
            given["reason"].pk if given["reason"] else None,
            given["criterion"] - 1 if given["criterion"] else None,
        )


def page(request: HttpRequest, pk: int) -> HttpResponse:
    user, definition = opened(request, pk)
    form = NumberForm(request.GET)
    if not form.is_valid():
        return redirect("admin:replay", pk)
    cases = _cases(definition, form, EACH + 1)
    shown = cases[:EACH]
    query = {name: text for name, text in form.query().items() if name != "after"}
    context = {
        **site.each_context(request),
        "title": "Leads behind the number",
        "list_title": f"Replay of the {definition}",
        "list_url": reverse("admin:replay", args=[pk]),
        "explained": _explained(form, definition, user),
        "rows": _rows(shown, definition, user),
        "next": f"?{urlencode(query | {'after': str(shown[-1].id)})}" if len(cases) > EACH else "",
        "export_url": f"{reverse('admin:replay_leads_export', args=[pk])}?{urlencode(query)}",
    }
    return TemplateResponse(request, "handoff/console/improving/behind.html", context)


def export_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    _, definition = opened(request, pk)
    form = NumberForm(request.GET)
    if not form.is_valid():
        return redirect("admin:replay", pk)
    columns: dict[str, export.Column] = {name: lambda line, name=name: line[name] for name in COLUMNS}  # type: ignore[misc]
    return export.stream(_lines(definition, form), columns, "replayed-leads")


def _lines(definition: Definition, form: NumberForm) -> Iterator[dict[str, Any]]:
    after: Case | None = None
    while cases := _cases(definition, form, IN_FILE, after):
        leads = Lead.objects.in_bulk([case.lead_id for case in cases])
        reasons = dict(Reason.objects.values_list("pk", "code"))
        for case in cases:
            verdict = verdict_of(case.letters).value
            line = {"lead": leads[case.lead_id], "verdict": verdict, "reason": reasons.get(case.reason_id or 0, "")}
            yield case._asdict() | line | {"won": "yes" if case.is_won else "no"}
        after = cases[-1]


def _cases(definition: Definition, form: NumberForm, most: int, after: Case | None = None) -> list[Case]:
    given: Handoff | None = form.cleaned_data["after"]
    if after is None and given is not None:
        after = Case(given.pk, given.lead_id, given.offered_at, "", "", "", "", None, is_won=False)
    return behind(definition.criteria, form.chosen(), form.number(), most=most, after=after)


def _rows(cases: Sequence[Case], definition: Definition, user: User) -> list[dict[str, Any]]:
    """In few queries. Leads that the viewer may not see are named without a link."""
    ids = [case.lead_id for case in cases]
    leads = Lead.objects.in_bulk(ids)
    seen = set(Lead.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    labels = dict(Reason.objects.values_list("pk", "label"))
    return [
        {
            "lead": leads[case.lead_id],
            "url": reverse("admin:leads_lead_change", args=[case.lead_id]) if case.lead_id in seen else "",
            "offered": moment(case.offered_at),
            "verdict": VERDICTS[verdict_of(case.letters)],
            "stopped_by": [
                criterion_of(each, user)
                for each, letter in zip(definition.criteria, case.letters, strict=True)
                if letter == FAILS
            ],
            "ending": _ending(case, labels),
        }
        for case in cases
    ]


def _ending(case: Case, labels: dict[int, str]) -> str:
    words = [Decision(case.decision).label] if case.decision == Decision.ACCEPTED else []
    if case.reason_id:
        words.append(f"Rejected: {labels[case.reason_id]}")
    if case.is_won:
        words.append("Won")
    return ", then ".join(words[:1] + [word[0].lower() + word[1:] for word in words[1:]]) or "Not decided"


def _explained(form: NumberForm, definition: Definition, user: User) -> str:
    number = form.number()
    words = [VERDICTS[number.verdict].lower()] if number.verdict else []
    words += [number.ending] if number.ending else []
    words += [f"rejected as “{form.cleaned_data['reason']}”"] if number.reason else []
    if number.stopped_by is not None and number.stopped_by < len(definition.criteria):
        words.append(f"stopped by “{criterion_of(definition.criteria[number.stopped_by], user)}”")
    words += [form.cleaned_data[name] for name in ("campaign", "source") if form.cleaned_data[name]]
    return ", ".join(words).capitalize() or "All handoffs"


site.mount("replay/<int:pk>/leads/", page, "replay_leads")
site.mount("replay/<int:pk>/leads/export/", export_view, "replay_leads_export")
