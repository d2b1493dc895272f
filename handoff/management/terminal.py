"""What commands print of texts that somebody else wrote."""


def printable(text: object) -> str:
    """The text with what does not print written out, but for line ends.

    As it is, an escape sequence in a file could clear the screen of whoever imports it, or rename their window.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else _written_out(character)
        for character in str(text)
    )


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
