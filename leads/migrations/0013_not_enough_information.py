"""A plainer label for one of the reasons that come with Handoff; one that RevOps has renamed stays as it is."""

from typing import Any

from django.db import migrations

CODE, BEFORE, NOW = "packet_insufficient", "Packet insufficient", "Not enough information"


def rename(apps: Any, _editor: Any) -> None:
    apps.get_model("leads", "Reason").objects.filter(code=CODE, label=BEFORE).update(label=NOW)


def rename_back(apps: Any, _editor: Any) -> None:
    apps.get_model("leads", "Reason").objects.filter(code=CODE, label=NOW).update(label=BEFORE)


class Migration(migrations.Migration):
    dependencies = [("leads", "0012_words")]

    operations = [migrations.RunPython(rename, rename_back)]
