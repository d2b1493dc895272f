"""Load the reasons that most peers ship, a first definition of each stage, and the groups of the roles."""

from django.db import migrations
from django.utils import timezone

# code, label, route, counts against, evidence, least length of the note, least touches
REASONS = [
    ("not_our_customer", "Not our customer profile", "retire", "marketing", "none", 0, 0),
    ("bad_contact_data", "Bad contact data", "fix", "marketing", "wrong_field", 0, 0),
    ("duplicate", "Duplicate of another lead", "merge", "nobody", "other_lead", 0, 0),
    ("existing_customer", "Existing customer or open deal", "reroute", "nobody", "none", 0, 0),
    ("already_owned", "Already owned by a colleague", "reroute", "nobody", "none", 0, 0),
    ("no_need", "No budget, authority or need", "recycle", "nobody", "none", 0, 0),
    ("not_now", "Not now", "recycle", "nobody", "retry_on", 0, 0),
    ("unresponsive", "Unresponsive", "recycle", "sales", "touches", 0, 3),
    ("wrong_territory", "Wrong territory", "reroute", "nobody", "none", 0, 0),
    ("not_a_buyer", "Competitor, student, vendor or job seeker", "retire", "marketing", "none", 0, 0),
    ("do_not_contact", "Asked not to be contacted", "retire", "marketing", "none", 0, 0),
    ("packet_insufficient", "Packet insufficient", "fix", "marketing", "note", 1, 0),
    ("spam_or_test", "Spam or test", "retire", "nobody", "none", 0, 0),
    ("other", "Other", "recycle", "nobody", "note", 15, 0),
]
ROLES = ["Sales rep", "Sales manager", "Marketer", "Marketing lead", "RevOps"]
DEFINITIONS = [
    ("mql", "A lead that marketing holds to be worth a salesperson's time."),
    ("sql", "A lead that sales has spoken to and means to sell to."),
]


def load(apps, _schema_editor):
    Reason = apps.get_model("leads", "Reason")
    for position, (code, label, route, side, evidence, note, touches) in enumerate(REASONS, start=1):
        Reason.objects.create(
            code=code,
            label=label,
            route=route,
            counts_against=side,
            evidence=evidence,
            min_note_length=note,
            min_touches=touches,
            position=position * 10,
        )
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)
    for stage, text in DEFINITIONS:
        apps.get_model("leads", "Definition").objects.create(
            stage=stage, version=1, text=text, active_from=timezone.now()
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_append_only_history"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
