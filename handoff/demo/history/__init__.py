"""A made-up year of leads whose truth is known, to try the replay and the finder of criteria on."""

from handoff.demo.history.writing import HistoryRefused, Plan, generate

__all__ = ["HistoryRefused", "Plan", "generate"]
