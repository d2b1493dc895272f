#!/usr/bin/env python
"""Django's command line for Handoff."""

import os
import select
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run a command. Where its reader has gone away, as in `report ... | head`, end in silence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()  # here, and not at exit, where Python could only complain
    except BrokenPipeError:
        if not _is_unread(sys.stdout.fileno()):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush at exit goes there
        sys.exit(1)


def _is_unread(output: int) -> bool:
    """Nobody reads what is printed. Another pipe or socket that broke is an error."""
    poll = select.poll()
    poll.register(output, select.POLLERR)
    return bool(poll.poll(0))


if __name__ == "__main__":
    main()
