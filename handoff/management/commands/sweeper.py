"""The process that fires alarms and promotes leads the moment they are due."""

import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from handoff.ladder import promoter, sweeper


class Command(BaseCommand):
    help = (
        "Fire alarms and promote leads the moment they are due, until stopped. "
        "One such process is enough; a second one takes over."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with promoter.beside():
            sweeper.run()
