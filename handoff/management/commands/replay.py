"""manage.py replay: what a version of the definition would have done to the handoffs on record. Nothing is written."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.improving.asking import definition_of
from handoff.improving.cases import Filter
from handoff.improving.replay import VERDICTS, Outcomes, Replay, replay
from handoff.management.moments import moment
from handoff.management.terminal import printable
from handoff.reports.kinds import amounts, percent
from handoff.reports.period import BACKWARDS
from leads.conditions import in_words, validate_conditions
from leads.models import Definition


class Command(BaseCommand):
    help = "Replay a version of the MQL definition, or other criteria, over the handoffs on record. Nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--definition", dest="number", metavar="VERSION", type=int, help="its version; a draft, too")
        asked.add_argument("--criteria", help='as JSON, like [{"field": "score", "op": "at_least", "value": 50}]')
        parser.add_argument("--from", dest="start", type=moment, help="handed over from then, like 2026-03-01")
        parser.add_argument("--to", dest="end", type=moment, help="and before then, like 2026-04-01")
        parser.add_argument("--campaign", help="of that name at the handoff")
        parser.add_argument("--source", help="of that source at the handoff")
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = Filter(options["start"], options["end"], options["campaign"], options["source"])
        if chosen.start and chosen.end and chosen.end <= chosen.start:
            raise CommandError(BACKWARDS)
        replayed = replay(_criteria(options["number"], options["criteria"]), chosen)
        if options["json"]:
            self.stdout.write(json.dumps(replayed.as_dict()))
            return
        for line in _lines(replayed):
            self.stdout.write(printable(line))


def _criteria(number: int | None, text: str | None) -> Sequence[Any]:
    if text is None:
        try:
            return list(definition_of(number or 0).criteria)
        except Definition.DoesNotExist as error:
            raise CommandError(str(error)) from error
    try:
        criteria = json.loads(text)
        validate_conditions(criteria)
    except ValueError as error:
        raise CommandError("--criteria is not valid JSON.") from error
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return list(criteria)


def _lines(replayed: Replay) -> list[str]:
    lines = [_line("All handoffs", replayed.all)]
    lines += [_line(VERDICTS[verdict], outcomes) for verdict, outcomes in replayed.verdicts.items()]
    lines += [
        f"{in_words(each)}: would stop {replayed.failing[n]:,}, cannot be known of {replayed.unsure[n]:,}"
        for n, each in enumerate(replayed.criteria)
    ]
    return lines


def _line(label: str, outcomes: Outcomes) -> str:
    won = f"{outcomes.won:,} won ({amounts(outcomes.won_amount)})" if outcomes.won else "none won"
    return (
        f"{label}: {outcomes.handoffs:,}, of which {outcomes.decided:,} were decided; {outcomes.accepted:,} accepted "
        f"({percent(outcomes.acceptance.value)}), {outcomes.rejected:,} rejected, {won}"
    )
