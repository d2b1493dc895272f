"""The agreement on one page, from the live records: what each side delivers, by when, and who signed it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.agreement import handoff_rules, sla_table
from handoff.agreement.definitions import drafts
from handoff.agreement.signing import SIGNATORIES, roles_to_sign
from handoff.agreement.sla_terms import recipients_of
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import day
from handoff.console.settings.comparing import compare
from handoff.console.settings.comparing_sla import compare_changes, step_in_words
from handoff.console.settings.handoff_rules import compare_rules
from handoff.models import SlaTable
from leads.conditions import in_words as condition_in_words
from leads.conditions import is_hidden
from leads.models import Definition, Evidence, HandoffRules, Reason, Stage, User
from leads.models.signed import Signed
from sla.durations import in_business_days
from sla.metrics import RULES, Metric, Party
from sla.models import Policy, Step

REVIEW_AFTER = timedelta(days=365)
VERSIONS = 10  # of each stage that are compared
IN_WORDS = ("percent", "after_seconds", "does", "out_of_rotation_seconds", "pierces")
COMMITMENTS = (
    (Party.MARKETING, "What marketing commits to"),
    (Party.SALES, "What sales commits to"),
    (Party.REVOPS, "What RevOps commits to"),
    (Party.ARBITER, "What the arbiter commits to"),
)
OWED = {
    Metric.TIME_TO_ASSIGN: "give a lead that was handed over an owner",
    Metric.TIME_TO_ACCEPT: "accept or reject a lead",
    Metric.TIME_TO_TOUCH: "contact the buyer after accepting",
    Metric.SPEED_TO_LEAD: "contact the buyer after the handoff",
    Metric.TIME_TO_NEXT_TOUCH: "contact the buyer again",
    Metric.TIME_TO_QUALIFY: "qualify or reject an accepted lead",
    Metric.TIME_TO_CONVERT: "convert or reject a qualified lead",
    Metric.TIME_TO_ANSWER: "answer a rejection",
    Metric.TIME_TO_DECIDE: "decide a dispute",
}


def page(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    context = {
        "title": "Agreement",
        "today": day(timezone.localdate()),
        "stages": [_stage(stage, user) for stage in Stage],
        "commitments": list(_commitments(user)),
        "rules": _rules(),
        "values": _values(user),
        "reasons": [_reason(reason) for reason in Reason.objects.filter(retired_at=None)],
    }
    return TemplateResponse(request, "handoff/console/agreement.html", site.each_context(request) | context)


def _stage(stage: Stage, user: User) -> dict[str, Any]:
    """The definition in force, who signed it, when it is to be reviewed, and what every version changed."""
    people = ("marketing_signatory", "sales_signatory")
    versions = list(
        Definition.objects.filter(stage=stage, active_from__isnull=False)
        .select_related(*people)
        .order_by("-active_from", "-version")[: VERSIONS + 1]
    )
    in_force = versions[0] if versions else None
    waiting = drafts().filter(stage=stage).order_by("-version").first()
    return {
        "label": stage.label,
        "in_force": in_force,
        "criteria": _criteria(in_force, user) if in_force else [],
        "signed": _signatories(in_force) if in_force else [],
        "review": _review(in_force) if in_force else None,
        "draft": waiting,
        "missing": " and ".join(f"a {role.lower()}" for role in roles_to_sign(waiting)) if waiting else "",
        "history": [
            {"version": version, "signed": _signatories(version), "compared": compare(before, version, user.roles)}
            for version, before in zip(versions[:VERSIONS], [*versions[1:], None], strict=False)
        ],
    }


def _criteria(definition: Definition, user: User) -> list[str]:
    return [
        "a restricted condition" if is_hidden(each, user.roles) else condition_in_words(each)
        for each in definition.criteria
    ]


def _signatories(definition: Signed) -> list[str]:
    signed = (("marketing", definition.marketing_signatory), ("sales", definition.sales_signatory))
    return [f"{person} for {side}" for side, person in signed if person]


def _review(definition: Definition) -> dict[str, Any]:
    since = definition.active_from or timezone.now()
    due = timezone.localdate(since + REVIEW_AFTER)
    return {"due": day(due), "is_overdue": due < timezone.localdate()}


def _commitments(user: User) -> Iterator[dict[str, Any]]:
    """The promises of each side: of each metric the segments in the order in which they are asked."""
    in_force = Policy.objects.filter(retired_at=None).select_related("calendar")
    policies = list(in_force.prefetch_related("steps__destinations").order_by("metric", "position", "id"))
    for party, title in COMMITMENTS:
        metrics_owed = [metric for metric in Metric if RULES[metric].owed_by == party]
        owed = [policy for metric in metrics_owed for policy in policies if policy.metric == metric]
        groups = groupby(owed, key=lambda policy: Metric(policy.metric))
        metrics = [(metric.label, OWED[metric], _rows(list(group), user)) for metric, group in groups]
        if metrics:
            yield {"title": title, "metrics": metrics}


def _rows(policies: Sequence[Policy], user: User) -> list[dict[str, Any]]:
    return [
        {
            "policy": policy,
            "segment": _segment(policy, user, is_rest=place > 0),
            "target": in_business_days(policy.target_seconds, policy.calendar.business_day),
            "calendar": policy.calendar,
            "ladder": [_step(step) for step in policy.ladder],
        }
        for place, policy in enumerate(policies)
    ]


def _segment(policy: Policy, user: User, *, is_rest: bool) -> str:
    hidden = "a restricted condition"
    words = [hidden if is_hidden(each, user.roles) else condition_in_words(each) for each in policy.conditions]
    return " and ".join(words) or ("Every other lead" if is_rest else "Every lead")


def _step(step: Step) -> str:
    names = [each.name for each in step.destinations.all() if each.active]
    return step_in_words({name: getattr(step, name) for name in IN_WORDS}, names)


def _rules() -> dict[str, Any]:
    """The handoff rules in force, a draft that waits, and what every version changed."""
    signed = HandoffRules.objects.filter(active_from__isnull=False).select_related(*SIGNATORIES.values())
    versions = list(signed.order_by("-active_from", "-version")[: VERSIONS + 1])
    in_force, waiting = versions[0] if versions else HandoffRules.active(), handoff_rules.drafts()
    return {
        "in_force": in_force,
        "signed": _signatories(in_force),
        "rows": in_force.in_words(),
        "draft": waiting[-1] if waiting else None,
        "missing": " and ".join(f"a {role.lower()}" for role in roles_to_sign(waiting[-1])) if waiting else "",
        "history": [
            {"version": version, "signed": _signatories(version), "compared": compare_rules(before, version)}
            for version, before in zip(versions[:VERSIONS], [*versions[1:], None], strict=False)
        ],
    }


def _values(user: User) -> dict[str, Any]:
    """The draft of SLA values that waits, and what every version that both sides signed changed."""
    signed = SlaTable.objects.filter(active_from__isnull=False).select_related(*SIGNATORIES.values())
    versions, waiting = list(signed.order_by("-version")[:VERSIONS]), next(iter(sla_table.drafts()), None)
    names = recipients_of(*(terms for each in versions for change in each.listed for terms in change.both))
    return {
        "draft": waiting,
        "missing": " and ".join(f"a {role.lower()}" for role in roles_to_sign(waiting)) if waiting else "",
        "history": [
            {"version": each, "signed": _signatories(each), "compared": compare_changes(each.listed, user.roles, names)}
            for each in versions
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    amounts = {
        Evidence.NOTE: f" of at least {reason.min_note_length} characters" if reason.min_note_length > 1 else "",
        Evidence.TOUCHES: f": at least {reason.min_touches}",
    }
    return {
        "reason": reason,
        "evidence": reason.get_evidence_display() + amounts.get(Evidence(reason.evidence), ""),
    }


site.mount("agreement/", page, "agreement")
