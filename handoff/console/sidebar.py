"""The sidebar: the pages that a person's roles open, with the counts of what waits, counted up to a bound."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import slugify

from handoff.agreement.score_flags import ANSWERING
from handoff.agreement.signing import SIGNATORIES
from handoff.agreement.waiting import number_to_sign
from handoff.console.frame.counting import capped, counted
from handoff.console.frame.site import viewer
from handoff.console.leads import disputes, urgency
from handoff.console.leads.answering import unanswered
from handoff.console.leads.inbox_list import inbox_title
from handoff.models import Delivery, DeliveryState, ScoreFlag
from handoff.reports.registry import readable_by
from handoff.reports.report import Report
from handoff.workflow import rights
from leads.models import MARKETING, SALES, PairState, PossibleDuplicate, Role, User

SETTINGS = {
    "Agreement": {
        "sla_policy": ("Policies", "timer"),
        "sla_calendar": ("Calendars", "calendar_month"),
        "leads_definition": ("Definitions", "contract"),
        "leads_scoringmodel": ("Scoring model", "speed"),
        "leads_handoffrules": ("Handoff rules", "sync_alt"),
        "handoff_slatable": ("SLA table", "table_view"),
        "leads_reason": ("Reasons", "list_alt"),
        "leads_attribute": ("Attributes", "dataset"),
        "handoff_goal": ("Goals", "flag"),
        "handoff_weeklycapacity": ("Weekly capacities", "fitness_center"),
        "handoff_rate": ("Rates", "payments"),
    },
    "Records": {
        "handoff_handoff": ("Handoffs", "swap_horiz"),
        "sla_clock": ("Clocks", "schedule"),
        "sla_alarm": ("Alarms", "notifications"),
        "leads_transition": ("History", "history"),
    },
}
RECORDS_OF_REVOPS = {"handoff_bulkact": ("Bulk acts", "checklist")}
REVOPS_ONLY = {
    "Data": {"leads_sourcerank": ("Systems", "database")},
    "Notifications": {
        "handoff_destination": ("Destinations", "send"),
        "handoff_subscription": ("When to notify", "rss_feed"),
        "handoff_standardmessage": ("Standard messages", "campaign"),
        "handoff_delivery": ("Deliveries", "outbox"),
    },
    "People and access": {
        "leads_user": ("Users", "person"),
        "leads_team": ("Teams", "groups"),
        "auth_group": ("Roles", "badge"),
        "handoff_apitoken": ("API tokens", "key"),
    },
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    user = viewer(request)
    if not user.roles:
        return []
    groups: list[dict[str, Any]] = [
        {"items": _work(request, user)},
        {"title": "Reports", "id": "pages-reports", "items": _numbers(request)},
    ]
    records = RECORDS_OF_REVOPS if user.has_role(Role.REVOPS) else {}
    for title, pages in SETTINGS.items():
        groups.append(_group(request, title, pages | records if title == "Records" else pages))
    next(group for group in groups if group.get("title") == "Agreement")["items"].insert(0, _agreement(request))
    if user.has_role(Role.REVOPS):
        dead = _later(lambda: counted(Delivery.objects.filter(state=DeliveryState.DEAD)))
        groups += [_group(request, title, pages, {"handoff_delivery": dead}) for title, pages in REVOPS_ONLY.items()]
    _light_one(groups)
    return groups


def _light_one(groups: list[dict[str, Any]]) -> None:
    """Of the pages whose address begins like this one's, the one that one is on is the most exact."""
    lit = [item for group in groups for item in group["items"] if item["active"]]
    for item in sorted(lit, key=lambda each: len(each["link"]))[:-1]:
        item["active"] = False
    for group in groups:
        group["is_open"] = any(item["active"] for item in group["items"])


def _work(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    home = reverse("admin:home")
    items = [_item("Home", "home", home, request.path == home)]
    if user.has_role(*SALES):
        counts: Any = SimpleLazyObject(lambda: urgency.counts(user))
        mine, is_overdue = reverse("admin:my_leads"), request.GET.get("due") == "overdue"
        title, here = inbox_title(user), request.path == mine
        items += [
            _item(title, "inbox", mine, here and not is_overdue, _later(lambda: counts["waiting"]), "primary"),
            _item("Overdue", "alarm", f"{mine}?due=overdue", here and is_overdue, _later(lambda: counts["overdue"])),
        ]
    if user.has_role(Role.SALES_MANAGER, Role.REVOPS):
        board = reverse("admin:board")
        items.append(_item("Board", "view_kanban", board, request.path.startswith(board)))
    leads, rejections = reverse("admin:leads_lead_changelist"), reverse("admin:handoff_rejection_changelist")
    for_revops = _for_revops(request) if user.has_role(Role.REVOPS) else []
    to_answer = _later(_unanswered) if user.has_role(*MARKETING, Role.REVOPS) else 0
    return [
        *items,
        _item("Leads", "contacts", leads, request.path.startswith(leads)),
        _item("Rejections", "assignment_return", rejections, request.path.startswith(rejections), to_answer),
        _returns(request),
        *_decisions(request, user),
        _page(
            request,
            "leads_possibleduplicate",
            "Possible duplicates",
            "group",
            _later(lambda: _undecided(user)),
            "primary",
        ),
        _page(request, "leads_campaign", "Campaigns", "campaign"),
        _field_notes(request),
        *(
            [_page(request, "handoff_import", "Imports", "upload_file")]
            if user.has_role(*MARKETING, Role.REVOPS)
            else []
        ),
        _improve(request),
        *for_revops,
        *_people(request, user),
    ]


def _numbers(request: HttpRequest) -> list[dict[str, Any]]:
    glossary = reverse("admin:numbers")
    pages = [_report(request, report) for report in readable_by(viewer(request))]
    sheet, review = reverse("admin:sheet"), reverse("admin:review")
    both = [
        _item("Scorecard", "scoreboard", sheet, request.path.startswith((sheet, reverse("admin:required_actions")))),
        _item("Review", "rate_review", review, request.path.startswith(review)),
    ]
    scheduled = _page(request, "handoff_scheduledreport", "Scheduled reports", "schedule_send")
    return [*both, *pages, scheduled, _item("Glossary of numbers", "dictionary", glossary, request.path == glossary)]


def _report(request: HttpRequest, report: Report) -> dict[str, Any]:
    link = reverse(f"admin:{report.name}")
    return _item(report.title, report.icon, link, request.path.startswith(link))


def _field_notes(request: HttpRequest) -> dict[str, Any]:
    link = reverse("admin:field_notes")
    return _item("Field notes", "edit_note", link, request.path == link)


def _returns(request: HttpRequest) -> dict[str, Any]:
    """Without a count, which every page would ask for."""
    link = reverse("admin:returns")
    return _item("Coming back", "event_repeat", link, request.path == link)


def _agreement(request: HttpRequest) -> dict[str, Any]:
    link = reverse("admin:agreement")
    return _item("Whole agreement", "handshake", link, request.path == link)


def _improve(request: HttpRequest) -> dict[str, Any]:
    link = reverse("admin:finder")
    return _item("Improve", "troubleshoot", link, request.path.startswith(link))


def _people(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    own, team = reverse("admin:leads_user_change", args=[user.pk]), reverse("admin:leads_user_changelist")
    items = [_item("My settings", "manage_accounts", own, request.path == own)]
    if user.has_role(Role.SALES_MANAGER) and not user.has_role(Role.REVOPS):
        is_here = request.path.startswith(team) and request.path != own
        items.append(_item("Users", "groups", team, is_here))
    return items


def _for_revops(request: HttpRequest) -> list[dict[str, Any]]:
    what_if, excuse, engine = reverse("admin:what_if"), reverse("admin:excuse"), reverse("admin:engine")
    setup, firm = reverse("admin:setup"), reverse("admin:firm")
    return [
        _item("Setup", "checklist_rtl", setup, request.path == setup),
        _item("Calendar of the firm", "calendar_clock", firm, request.path == firm),
        _item("What if", "science", what_if, request.path == what_if),
        _item("Excuse breaches", "verified", excuse, request.path == excuse),
        _item("Engine", "monitor_heart", engine, request.path == engine),
    ]


def _decisions(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """What waits for an arbiter, and for whoever signs for their side."""
    items = [_page(request, "handoff_dispute", "Disputes", "balance", _later(lambda: disputes.waiting_for(user)))]
    if user.has_role(*ANSWERING):
        flags = _later(lambda: counted(ScoreFlag.objects.filter(decision="")))
        items.append(_page(request, "handoff_scoreflag", "Flags on scores", "flag", flags))
    if user.has_role(*SIGNATORIES, Role.REVOPS):
        link = reverse("admin:signatures")
        to_sign = _later(lambda: number_to_sign(user))
        items.append(_item("Signatures", "draw", link, request.path == link, to_sign))
    return items


def _later(count: Callable[[], Any]) -> Any:
    """Counted when it is shown: the palette reads the pages with each key that is typed, and shows no count."""

    def shown() -> int | str:
        number = count()
        return number and capped(number)

    return SimpleLazyObject(shown)


def _unanswered() -> int:
    return counted(unanswered())


def _undecided(user: User) -> int:
    """Counted up to a bound: it is read with every page. For sales, who see a few of all pairs, it would read most."""
    return counted(PossibleDuplicate.objects.filter(state=PairState.OPEN)) if rights.sees_all(user) else 0


def _group(
    request: HttpRequest, title: str, pages: dict[str, tuple[str, str]], badges: dict[str, int] | None = None
) -> dict[str, Any]:
    items = [_page(request, name, *look, (badges or {}).get(name, 0)) for name, look in pages.items()]
    return {
        "title": title,
        "id": f"pages-{slugify(title)}",
        "badge": next(iter((badges or {}).values()), 0),
        "items": items,
    }


def _page(
    request: HttpRequest, name: str, title: str, icon: str, badge: int = 0, variant: str = "danger"
) -> dict[str, Any]:
    link = reverse(f"admin:{name}_changelist")
    return _item(title, icon, link, request.path.startswith(link), badge, variant)


def _item(title: str, icon: str, link: str, active: bool, badge: int = 0, variant: str = "danger") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link, "active": active, "badge": badge, "badge_variant": variant}
