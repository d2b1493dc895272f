"""manage.py agreement: what it prints, and by which code it ends."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leads.models import Reason, User
from sla.models import Policy

FILE = "format: 1\nreasons:\n  - {code: budget_cut, label: Budget cut, route: retire, counts_against: nobody}\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "agreement.yaml"
    path.write_text(FILE)
    return str(path)


@pytest.mark.usefixtures("olga")
def test_plan_ends_with_2_for_changes_and_0_for_none(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("agreement", "plan", file, "--as", "olga")
    assert ended.value.code == 2
    assert capsys.readouterr().out.splitlines()[:2] == ["+ reason budget_cut", "    code: budget_cut"]
    assert not Reason.objects.filter(code="budget_cut").exists()
    call_command("agreement", "apply", file, "--as", "olga")
    assert "Applied. 1 to add, 0 to change, 0 to retire." in capsys.readouterr().out
    call_command("agreement", "plan", file, "--as", "olga")
    assert capsys.readouterr().out == "Nothing to change: the agreement is what the file says.\n"


@pytest.mark.usefixtures("olga")
def test_a_wrong_file_ends_with_1_and_names_its_lines(file: str) -> None:
    Path(file).write_text(FILE.replace("retire", "away"))
    with pytest.raises(CommandError, match=r"Nothing was changed:\n.*agreement.yaml, line 3: route:") as refused:
        call_command("agreement", "plan", file, "--as", "olga")
    assert refused.value.returncode == 1


@pytest.mark.usefixtures("olga")
def test_who_may_not_or_is_not_there(file: str) -> None:
    User.objects.filter(username="mia").update(is_active=False)
    for username, words in (
        ("ada", "RevOps may"),
        ("mia", "is not the username of an active person"),
        ("zed", "is not the username of an active person"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("agreement", "apply", file, "--as", username)


def test_what_is_exported_is_what_a_file_holds(exported: str, olga: User, tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(exported)
    call_command("agreement", "apply", str(first), "--as", olga.username)
    call_command("agreement", "export", str(second))
    assert second.read_bytes() == first.read_bytes()
    assert Policy.objects.exists()
