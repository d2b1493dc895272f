"""The earlier name of `import`: it does and prints the same."""

from pathlib import Path

from django.core.management.base import CommandParser

from handoff.imports.run import KINDS
from handoff.management import importing


class Command(importing.Command):
    names_record = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("file", type=Path, help="delimited text, XLSX or XLS, whatever its name says")
        importing.add_options(parser)
