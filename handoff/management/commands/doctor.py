"""manage.py doctor: what is wrong with the engine and how it is set up, and what to do about it."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from handoff import __version__
from handoff.engine.doctor import Finding, examine
from handoff.management.terminal import printable


class Command(BaseCommand):
    help = "Examine the engine and how it is set up. Changes nothing; exits with 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON object with the figures and the findings")

    def handle(self, **options: Any) -> None:
        figures, findings = examine()
        wrong = [finding for finding in findings if finding.is_wrong]
        if options["json"]:
            report = {
                "ok": not wrong,
                "version": __version__,
                "findings": [asdict(finding) for finding in findings],
                "figures": asdict(figures) if figures else None,
            }
            self.stdout.write(json.dumps(report, cls=DjangoJSONEncoder))
        else:
            self.stdout.write(f"Handoff {__version__}")
            self._print(findings)
        if wrong:
            raise CommandError(f"{len(wrong)} wrong.")

    def _print(self, findings: list[Finding]) -> None:
        for finding in findings:
            word = self.style.ERROR("Wrong") if finding.is_wrong else self.style.WARNING("Worth knowing")
            self.stdout.write(printable(f"{word}: {finding.problem}.\n    To do: {finding.do}."))
        if not findings:
            self.stdout.write("Nothing is wrong.")
