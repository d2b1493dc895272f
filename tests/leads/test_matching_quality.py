"""The matcher on a made set with known twins: how many of its suggestions are right, and how many twins it finds.

The points were chosen on another seed (`benchmarks.matching.TUNED_ON`).
"""

import pytest

from benchmarks.matching import SEEDS, TUNED_ON, by_kind, quality, suggested
from benchmarks.twins import LOOKALIKES, make


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_on_sets_that_it_was_not_tuned_on(seed: int) -> None:
    assert seed != TUNED_ON
    made = make(seed)
    pairs = suggested(made)
    reached = quality(made, pairs)
    assert reached["precision"] >= 0.95, by_kind(made, pairs)
    assert reached["recall"] >= 0.85, by_kind(made, pairs)


def test_a_seed_makes_the_same_set_each_time() -> None:
    assert make(5, 300) == make(5, 300)


def test_hardly_anybody_who_only_looks_like_another_is_suggested() -> None:
    made = make(11, 2000)
    shares = by_kind(made, suggested(made))
    assert {kind.__name__: shares[kind.__name__] for kind in LOOKALIKES if shares[kind.__name__] > 0.05} == {}
