"""What the doctor examines, by the names of its parts, with what it finds in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from handoff.engine.doctor import Finding

PARTS = {
    "Database": ("database", "migrations", "postgresql", "disk", "clock_skew", "no_lock_timeout"),
    "Redis": ("redis",),
    "Scheduler and workers": ("beat_silent", "worker_silent"),
    "Alarms and their actions": ("alarms_overdue", "alarms_late", "clocks_with_error", "pending_actions"),
    "Messages": ("outbox_stuck", "outbox_dead", "sends_nothing", "slack", "standard_messages_off"),
    "Mail": ("email", "from_email", "letters_unsent"),
    "Addresses of the web": ("base_url", "static_files", "proxy"),
    "People": ("revops_unreachable", "marketing_unreachable"),
    "Policies and calendars": ("policy_tells_nobody", "holidays", "tz_version"),
    "Leads": (),
}
"""The last part has what belongs to no other, as each kind of leak has a code of its own."""


@dataclass(frozen=True)
class Check:
    """One part, and what is wrong with it."""

    label: str
    findings: Sequence[Finding]

    @property
    def is_wrong(self) -> bool:
        return any(finding.is_wrong for finding in self.findings)


def by_part(findings: Sequence[Finding]) -> list[Check]:
    places = {code: label for label, codes in PARTS.items() for code in codes}
    last = list(PARTS)[-1]
    return [
        Check(label, [finding for finding in findings if places.get(finding.code, last) == label]) for label in PARTS
    ]
