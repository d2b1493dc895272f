"""Refusals and warnings are summed up by kind, however many there are."""

from collections.abc import Sequence

from handoff.imports.complaints import Complaints, field_of
from handoff.imports.kind import Result, Row


def summary(reasons: Sequence[str], warnings: Sequence[str] = ()) -> list[str]:
    complaints = Complaints()
    for number, reason in enumerate(reasons, 2):
        complaints.add(Result(Row(number, {}), "refused", reason))
    for number, reason in enumerate(warnings, 2):
        complaints.add(Result(Row(number, {}), "created", reason))
    return list(complaints.summary())


def test_the_same_words_are_counted_with_their_first_rows() -> None:
    stage = "stage: “Qualification” is not a valid outcome"
    assert summary([stage] * 698) == [f"698 x refused: {stage} (rows 2, 3, 4, 5, 6, …)"]


def test_each_value_that_is_repeated_has_a_line_and_the_others_share_one() -> None:
    reasons = ["“A” is not valid"] * 3 + ["“B” is not valid"] * 2 + [f"“x{number}” is not valid" for number in range(4)]
    assert summary(reasons) == [
        "3 x refused: “A” is not valid (rows 2, 3, 4)",
        "2 x refused: “B” is not valid (rows 5, 6)",
        "4 x refused: … is not valid (rows 7, 8, 9, 10)",
    ]


def test_one_of_a_kind_keeps_its_words() -> None:
    assert summary(["“A” is not valid", "Give an email."]) == [
        "1 x refused: “A” is not valid (row 2)",
        "1 x refused: Give an email. (row 3)",
    ]


def test_warnings_are_apart_from_refusals_and_the_most_frequent_kind_comes_first() -> None:
    assert summary(["Late."], ["Late."] * 2) == ["2 x warning: Late. (rows 2, 3)", "1 x refused: Late. (row 2)"]


def test_it_is_bounded() -> None:
    by_value = summary([f"“{number}” is not valid" for number in range(5000)])
    assert by_value == ["5000 x refused: … is not valid (rows 2, 3, 4, 5, 6, …)"]
    by_reason = summary(["".join(chr(ord("a") + int(digit)) for digit in str(number)) for number in range(5000)])
    assert len(by_reason) == 11
    assert sum(int(line.split(" x ")[0]) for line in by_reason) == 5000


def test_a_reason_tells_its_field_also_if_it_is_an_attribute() -> None:
    assert field_of("email: It is not valid.") == "email"
    assert field_of("attributes.budget: Budget: It is not a number.") == "attributes.budget"
    assert field_of("There is no lead: import it first.") == ""
