"""What the importer says, for somebody who has no command line: what its options do, the page does."""

import re
from collections.abc import Callable

from handoff.imports.encodings import NAMES


def in_the_browser(message: str) -> str:
    for pattern, words in _OPTIONS:
        message = re.sub(pattern, words, message)
    return message


def _encoding(match: re.Match[str]) -> str:
    """Under the name that it has in the list of encodings on the page."""
    name = NAMES.get(match[1], match[1]).replace(" (", ", ").removesuffix(")")
    return f"(choose the encoding {name})"


_OPTIONS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    ("Say with --system whose ids it has", "Enter the system whose ids it has"),
    ("--system names the system", "Enter the system"),
    ("Choose one with --sheet NAME", "Choose a sheet"),
    (
        r"State (?:which|how to read them): --dates DMY, --dates MDY or --dates YMD",
        "Choose the order of dates: DMY, MDY or YMD",
    ),
    ("Name it with --map HEADER=", "Choose below which column is the "),
    (r"say which field it is with --map .*?=field", "choose which field it is"),
    (r"(?:use )?--map HEADER=(\w+)", r"map the column to \1"),
    ("With --strict, such a value is refused", "Such a value is refused, as the page says"),
    (r"\(--encoding ([\w-]+)\)", _encoding),
    (r"--encoding (\S+) is not", r"“\1” is not"),
    (r"^--(?:map|set|value) gives", "The page gives"),
    (r"^--(?:map|set|value|sheet|encoding) ", ""),
)
