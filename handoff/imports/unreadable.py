"""A file that cannot be brought in at all."""


class Unreadable(Exception):
    """The file as a whole cannot be brought in; the message says why, and what to do."""
