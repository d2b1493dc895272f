"""The score of leads by the model in force: brought up to date by one statement, and shown as its parts."""

from leads.scoring.evaluating import rescore, score_between
from leads.scoring.parts import Part, PartKind, parts_of

__all__ = ["Part", "PartKind", "parts_of", "rescore", "score_between"]
