"""Signatures: the drafts that wait, what is different in each from the version in force, and who has to sign."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.agreement import handoff_rules, scoring, sla_table
from handoff.agreement.definitions import drafts
from handoff.agreement.signing import SIGNATORIES, roles_to_sign, side_to_sign
from handoff.console.frame.site import site, viewer
from handoff.console.settings.comparing import Compared, compare
from handoff.console.settings.comparing_models import compare_models
from handoff.console.settings.comparing_sla import IN_FORCE, compare_changes
from handoff.console.settings.handoff_rules import compare_rules
from handoff.models import SlaTable
from leads.models import Definition, HandoffRules, Role, ScoringModel, User

Draft = Definition | ScoringModel | HandoffRules | SlaTable


def signatures(request: HttpRequest) -> HttpResponse:
    """Those that wait for whoever looks are first."""
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    waiting: list[Draft] = [*drafts().order_by("stage", "version"), *scoring.drafts(), *handoff_rules.drafts()]
    waiting += sla_table.drafts()
    rows = [_row(draft, user) for draft in waiting]
    mine, others = [row for row in rows if row["is_mine"]], [row for row in rows if not row["is_mine"]]
    context = {"title": "Signatures", "mine": mine, "others": others, "may_sign": user.has_role(*SIGNATORIES)}
    return TemplateResponse(request, "handoff/console/signatures.html", site.each_context(request) | context)


def _beside(draft: Draft, user: User) -> tuple[Draft | None, list[Compared]]:
    """What is in force in place of a draft, and the two field by field."""
    if isinstance(draft, Definition):
        definition = Definition.active(draft.stage)
        return definition, compare(definition, draft, user.roles)
    if isinstance(draft, HandoffRules):
        rules = HandoffRules.active()
        return rules, compare_rules(rules, draft)
    if isinstance(draft, SlaTable):
        return None, compare_changes(draft.listed, user.roles)
    model = ScoringModel.active()
    return model, compare_models(model, draft, user.roles)


def _row(draft: Draft, user: User) -> dict[str, Any]:
    in_force, compared = _beside(draft, user)
    page = f"admin:{draft._meta.app_label}_{draft._meta.model_name}"
    signed = [str(person) for person in (draft.marketing_signatory, draft.sales_signatory) if person]
    is_unsigned = not signed
    return {
        "draft": draft,
        "in_force": in_force,
        "heading": IN_FORCE if isinstance(draft, SlaTable) else "",
        "compared": compared,
        "signed": ", ".join(signed),
        "missing": " and ".join(f"a {role.lower()}" for role in roles_to_sign(draft)),
        "is_mine": bool(side_to_sign(user, draft)),
        "page": reverse(f"{page}_change", args=[draft.pk]),
        "sign": f"{reverse(f'{page}_sign', args=[draft.pk])}?next={reverse('admin:signatures')}",
        "discard": reverse(f"{page}_discard", args=[draft.pk]) if is_unsigned and user.has_role(Role.REVOPS) else "",
    }


site.mount("signatures/", signatures, "signatures")
