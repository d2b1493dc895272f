"""What people say to each other about a lead."""

from typing import Required

from django import forms

from handoff.workflow.facts.base import LONGEST, Facts, Given


class CommentGiven(Given):
    text: Required[str]


class CommentFacts(Facts):
    text = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the comment."},
        help_text="Write @ and a username to notify somebody who sees the lead.",
    )
