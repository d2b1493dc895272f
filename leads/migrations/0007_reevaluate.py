"""Rename the verb `rejudge` to `reevaluate`, in the history too.

The history refuses changes, so its trigger is off for the one statement, in the transaction of this migration. While an
upgrade is under way, processes of the release before still write the old name: it is translated as it comes in, so that
the history knows one name only.
"""

from django.db import migrations, models

from leads.sql import load

VERBS = [
    ("promote", "Promote"),
    ("accept", "Accept"),
    ("qualify", "Qualify"),
    ("convert", "Convert"),
    ("reject", "Reject"),
    ("recycle", "Recycle"),
    ("resubmit", "Resubmit"),
    ("overturn", "Overturn"),
    ("assign", "Assign"),
    ("touch", "Log a touch"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("answer", "Answer"),
    ("dispute", "Dispute"),
    ("comment", "Comment"),
    ("merge", "Merge"),
    ("uphold", "Uphold"),
    ("acknowledge", "Acknowledge"),
    ("excuse", "Excuse"),
    ("reevaluate", "Re-evaluate policies"),
]

RENAME = """
ALTER TABLE leads_transition DISABLE TRIGGER leads_transition_append_only;
UPDATE leads_transition SET
    verb = CASE verb WHEN '{old}' THEN '{new}' ELSE verb END,
    facts = CASE WHEN jsonb_exists(facts, '{old}d')
        THEN facts - '{old}d' || jsonb_build_object('{new}d', facts -> '{old}d') ELSE facts END
WHERE verb = '{old}' OR jsonb_exists(facts, '{old}d');
ALTER TABLE leads_transition ENABLE TRIGGER leads_transition_append_only;
"""
STOP_TRANSLATING = """
DROP TRIGGER leads_transition_translate_rejudge ON leads_transition;
DROP FUNCTION leads_translate_rejudge();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_rotation_and_benches")]
    operations = [
        migrations.RemoveConstraint("transition", "transition_verb_known"),
        migrations.RunSQL(load("leads", "translate_rejudge.sql"), STOP_TRANSLATING),
        migrations.RunSQL(
            RENAME.format(old="rejudge", new="reevaluate"), RENAME.format(old="reevaluate", new="rejudge")
        ),
        migrations.AlterField("transition", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.AddConstraint(
            "transition",
            models.CheckConstraint(
                condition=models.Q(verb__in=[name for name, _ in VERBS]), name="transition_verb_known"
            ),
        ),
    ]
