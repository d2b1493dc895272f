"""Which web addresses may be called, when they are saved and when something is sent."""

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer

from handoff.alerts.channels import CHANNELS, TransportError, http
from handoff.alerts.channels.target import ANY_HOST, check, guarded, is_public

SLACK_HOSTS = ["hooks.slack.com", "*.slack-gov.com"]
PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each name resolves to; a name that is missing is not known, and an address is itself."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        try:
            ips = known.get(host) or [str(socket.inet_ntop(socket.AF_INET, socket.inet_aton(host)))]
        except OSError:
            if ":" not in host:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
            ips = [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
        "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::127.0.0.1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_an_address_of_an_inner_network_is_not_public(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:6379/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "file:///etc/passwd",
        "ftp://receiver.example/", "gopher://receiver.example/", "javascript:alert(1)", "//receiver.example/",
        "https:///path", "https://", "https://receiver.example:0/", "https://receiver.example:99999/",
        "https://user@receiver.example/", "https://user:pass@receiver.example/", "https://receiver.example\\@evil/",
        "https://receiver.example/a b", "https://receiver.example/\r\nX: 1", "https://receiver.example/\x00",
        "https://rec\u0435iver.example/", "https://receiver\u3002example/", "https://[receiver/", "http://receiver.example/",
        "https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/",
        "https://[::ffff:169.254.169.254]/", "https://inside.example/", "https://mixed.example/", "HTTPS://INSIDE.example./",
        "not an address", "",
    ],
)  # fmt: skip
def test_what_no_webhook_may_be(url: str, names: dict[str, list[str]]) -> None:
    names |= {"receiver.example": [PUBLIC], "inside.example": ["10.0.0.7"], "mixed.example": [PUBLIC, "10.0.0.7"]}
    with pytest.raises(ValidationError):
        check(url, ANY_HOST)


def test_a_public_host_may_be_called_at_the_ip_that_was_checked(names: dict[str, list[str]]) -> None:
    names["receiver.example"] = [PUBLIC]
    target = guarded("https://receiver.example/hook?key=1", ANY_HOST)
    assert (target.host, target.port, target.path, target.ip) == ("receiver.example", 443, "/hook?key=1", PUBLIC)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("hooks.slack.com", True),
        ("HOOKS.SLACK.COM", True),
        ("hooks.slack-gov.com", True),
        ("slack-gov.com", False),
        ("evilslack-gov.com", False),
        ("hooks.slack.com.evil.example", False),
        ("evil.example", False),
    ],
)
def test_a_channel_may_be_bound_to_hosts(names: dict[str, list[str]], host: str, is_allowed: bool) -> None:
    names |= {name: [PUBLIC] for name in (host, host.lower())}
    if is_allowed:
        check(f"https://{host}/services/T/B/x", SLACK_HOSTS)
    else:
        with pytest.raises(ValidationError, match="The host of the address is not one of"):
            check(f"https://{host}/services/T/B/x", SLACK_HOSTS)


def test_the_operator_may_vouch_for_a_host_inside(names: dict[str, list[str]], settings: Any) -> None:
    names["receiver.internal"] = ["10.0.0.7"]
    settings.WEBHOOK_ALLOWED_HOSTS = ["receiver.internal"]
    check("http://receiver.internal:8080/hook", ANY_HOST)
    check("https://receiver.internal/hook", SLACK_HOSTS)


def test_a_name_that_is_not_known_now_is_judged_when_it_is_called(names: dict[str, list[str]]) -> None:
    check("https://hooks.slack.com/services/T/B/x", SLACK_HOSTS)
    with pytest.raises(TransportError, match="the name of its host is not known") as caught:
        http.post_guarded("https://hooks.slack.com/x", {}, {}, hosts=SLACK_HOSTS, receiver="Slack")
    assert not caught.value.permanent


def test_a_name_that_leads_inside_only_when_it_is_called_is_not_called(
    names: dict[str, list[str]], httpserver: HTTPServer
) -> None:
    names["rebinding.example"] = [PUBLIC]
    check("https://rebinding.example/", ANY_HOST)
    names["rebinding.example"] = ["127.0.0.1"]
    with pytest.raises(TransportError, match="private network") as caught:
        http.post_guarded("https://rebinding.example/", {}, {}, hosts=ANY_HOST, receiver="The webhook")
    assert caught.value.permanent
    assert httpserver.log == []


@pytest.mark.parametrize("medium", [medium for medium, channel in CHANNELS.items() if channel.address_is_secret])
@pytest.mark.parametrize("url", ["http://169.254.169.254/", "https://127.0.0.1/SECRET", "file:///SECRET", "SECRET"])
def test_every_channel_of_web_addresses_refuses_them(medium: str, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CHANNELS[medium].check_address(url)
    assert "SECRET" not in str(caught.value)
