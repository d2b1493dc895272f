"""manage.py find_criteria: which change of the definition would have withheld the rejected leads and few others."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.improving.cases import Filter
from handoff.improving.finder import Finding, find
from handoff.improving.found import as_dict
from handoff.improving.search import LEAST_REJECTED, Proposal
from handoff.management.moments import moment
from handoff.management.terminal import printable
from handoff.reports.kinds import amounts, percent
from handoff.reports.period import BACKWARDS
from leads.conditions import in_words, label_of
from leads.models import Reason


class Command(BaseCommand):
    help = "Search for the change of the MQL definition that would have withheld the most rejected leads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="start", type=moment, help="handed over from then, like 2026-03-01")
        parser.add_argument("--to", dest="end", type=moment, help="and before then, like 2026-04-01")
        parser.add_argument(
            "--reason", action="append", default=[], help="its code; repeat it. Without: what counts against marketing"
        )
        parser.add_argument("--campaign", help="of that name at the handoff")
        parser.add_argument("--source", help="of that source at the handoff")
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        reasons = _reasons(options["reason"])
        chosen = Filter(options["start"], options["end"], options["campaign"], options["source"], reasons)
        if chosen.start and chosen.end and chosen.end <= chosen.start:
            raise CommandError(BACKWARDS)
        finding = find(chosen)
        if options["json"]:
            self.stdout.write(json.dumps(as_dict(finding)))
            return
        for line in _lines(finding):
            self.stdout.write(printable(line))


def _reasons(codes: list[str]) -> tuple[int, ...]:
    known = dict(Reason.objects.values_list("code", "pk"))
    for code in codes:
        if code not in known:
            raise CommandError(f"There is no reason {code}: use one of {', '.join(sorted(known))}.")
    return tuple(sorted(known[code] for code in codes))


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.rejected:,} of {finding.decided:,} handoffs were rejected for these reasons."]
    lines += [
        f"{each.met:,} of them met “{in_words(each.condition)}”; {each.about:,} of these for a reason that is about it."
        for each in finding.let_through
    ]
    lines += [
        f"{each.rejected:,} are about {label_of(each.name)}, which no criterion asks for." for each in finding.unasked
    ]
    pairs = zip(finding.proposals, finding.lost, strict=True)
    lines += [_proposal(n, proposal, lost) for n, (proposal, lost) in enumerate(pairs, start=1)]
    if finding.is_too_small:
        lines.append(f"That is too few to say: from {LEAST_REJECTED} on a change is searched for.")
    elif not finding.proposals:
        lines.append(f"Nothing stands out among the {finding.tries:,} changes that were tried.")
    return lines


def _proposal(n: int, proposal: Proposal, lost: Mapping[str, Decimal]) -> str:
    effect, later = proposal.whole, proposal.later
    amount = f" ({amounts({currency: f'{sum_:.2f}' for currency, sum_ in lost.items()})})" if lost else ""
    return (
        f"{n}. {' and '.join(map(in_words, proposal.conditions))}: would have withheld {effect.rejected_withheld:,} of "
        f"{effect.rejected:,} rejected and {effect.won_withheld:,} of {effect.won:,} won{amount}; acceptance "
        f"{percent(effect.acceptance.value)} -> {percent(effect.kept.value)}; later "
        f"{percent(later.acceptance.value)} -> {percent(later.kept.value)}"
    )
