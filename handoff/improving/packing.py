"""The letters of a handoff packed into bytes: eight go into a whole number, whose bytes they are."""

from collections.abc import Sequence

from leads.conditions.fragments import Sql, compose

IN_A_NUMBER = 8


def packed_in_sql(codes: Sequence[Sql]) -> Sql:
    """The bytes of some letters, given as numbers. A text for each takes several times as long."""
    numbers = [_number(codes[start : start + IN_A_NUMBER]) for start in range(0, len(codes), IN_A_NUMBER)]
    return compose(" || ".join(["int8send({})"] * len(numbers)), *numbers)


def unpacked(packed: bytes, letters: int) -> list[bytes]:
    """Of each letter those of all handoffs."""
    width = -(-letters // IN_A_NUMBER) * IN_A_NUMBER
    return [packed[n::width] for n in range(letters)]


def _number(codes: Sequence[Sql]) -> Sql:
    shifted = [f"({{}}::bigint << {8 * (IN_A_NUMBER - 1 - n)})" for n in range(len(codes))]
    return compose(f"({' | '.join(shifted)})", *codes)
