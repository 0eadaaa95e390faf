"""Policies of domains: read, fetched, kept and kept to (RFC 8461)."""

from __future__ import annotations

import pytest

from sennit.log.capture import capturedLogs
from sennit.smtp.errors import TLSRequiredError
from sennit.smtp.mailer import Mailer
from sennit.smtp.routing import TLS, MailServer, Policy
from sennit.smtp.strict_transport import PolicyError, StrictTransport, parse_policy
from sennit.task import Clock

POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmx: *.example.net\r\nmax_age: 604800\r\n"
TESTING = POLICY.replace(b"enforce", b"testing")


def finished(coroutine):
    """Run a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)
    return caught.value.value


def test_a_policy_says_which_servers_and_for_how_long():
    assert parse_policy(POLICY) == (Policy(True, ("mx.example.org", "*.example.net")), 604800)
    assert parse_policy(POLICY.replace(b"\r\n", b"\n"))[1] == 604800
    assert parse_policy(TESTING)[0] == Policy(False, ("mx.example.org", "*.example.net"))


def test_a_policy_to_have_none_names_no_server():
    assert parse_policy(b"version: STSv1\nmode: none\nmax_age: 86400") == (Policy(False, ()), 86400)


def test_of_a_key_that_comes_twice_the_first_counts_and_others_are_passed_over():
    text = POLICY + b"mode: none\r\nlater_key:  value with words\r\n\r\n"
    assert parse_policy(text)[0].enforced


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"STSv1", b"STSv2"),
        (b"version: STSv1\r\n", b""),
        (b"enforce", b"enforced"),
        (b"mode: enforce\r\n", b""),
        (b"mx: mx.example.org\r\nmx: *.example.net\r\n", b""),
        (b"*.example.net", b"*"),
        (b"*.example.net", b"mx.*.net"),
        (b"*.example.net", b"[192.0.2.1]"),
        (b"604800", b"604800s"),
        (b"604800", b"31557601"),
        (b"604800", b"-1"),
        (b"max_age: 604800\r\n", b""),
        (b"mode: enforce", b"mode enforce"),
        (b"mx.example.org", b"\xff"),
    ],
)
def test_what_is_no_policy_is_refused(before, after):
    assert before in POLICY
    with pytest.raises(PolicyError):
        parse_policy(POLICY.replace(before, after))


class World:
    """A web server, a name server and a clock."""

    def __init__(self, text=POLICY, record="v=STSv1; id=1;"):
        self.text, self.record, self.now = text, record, 0.0
        self.asked = []

    async def fetch(self, url):
        self.asked.append(url)
        if self.text is None:
            raise OSError("no answer")
        return self.text

    async def find_record(self, name):
        assert name == "_mta-sts.example.org"
        if self.record is OSError:
            raise OSError("no name server")
        return self.record

    def finder(self, *, records=True, **settings):
        found = self.find_record if records else None
        return StrictTransport(self.fetch, found, seconds=lambda: self.now, **settings)


def test_a_policy_is_fetched_once_while_its_record_stays():
    world = World()
    finder = world.finder()
    for world.now in (0, 1000, 600_000):
        assert finished(finder("Example.org.")).enforced
    assert world.asked == ["https://mta-sts.example.org/.well-known/mta-sts.txt"]
    world.record = "v=STSv1; id=2"
    world.text = TESTING
    assert not finished(finder("example.org")).enforced
    assert len(world.asked) == 2


def test_a_policy_is_fetched_anew_when_its_age_is_over():
    world = World()
    finder = world.finder()
    finished(finder("example.org"))
    world.now, world.text = 604800, None
    assert finished(finder("example.org")) is None
    assert len(world.asked) == 2


@pytest.mark.parametrize("record", [None, "v=STSv1", "v=STSv1; id=a b;", "v=STSv10; id=1", OSError])
def test_a_domain_without_a_record_has_no_policy(record):
    world = World(record=record)
    assert finished(world.finder()("example.org")) is None
    assert not world.asked


@pytest.mark.parametrize("record", [None, OSError, "v=STSv1; id=2"])
def test_who_blocks_the_record_or_the_web_server_does_not_undo_a_policy(record):
    world = World()
    finder = world.finder()
    finished(finder("example.org"))
    world.record, world.text, world.now = record, None, 1000
    assert finished(finder("example.org")).enforced
    world.text = b"version: STSv1\nmode: none"
    world.now = 2000
    assert finished(finder("example.org")).enforced


def test_a_fetch_that_failed_is_tried_again_after_a_pause():
    world = World(text=None)
    finder = world.finder(pause=300)
    for world.now in (0, 299):
        assert finished(finder("example.org")) is None
    assert len(world.asked) == 1
    world.now, world.text = 300, POLICY
    assert finished(finder("example.org")).enforced


def test_without_records_a_policy_is_fetched_anew_each_day():
    world = World()
    finder = world.finder(records=False)
    for world.now in (0, 86399, 86400, 86401):
        assert finished(finder("example.org")).enforced
    assert len(world.asked) == 2


def test_so_many_domains_are_kept_and_no_more():
    world = World()
    finder = world.finder(records=False, most=2)
    for domain in ("a.example", "b.example", "a.example", "c.example", "a.example", "b.example"):
        finished(finder(domain))
    assert [url.split("/")[2] for url in world.asked] == [
        f"mta-sts.{letter}.example" for letter in ("a", "b", "c", "b")
    ]


def test_an_address_is_no_domain_with_a_policy():
    world = World()
    assert finished(world.finder()("[192.0.2.1]")) is None
    assert not world.asked


def servers(policy, *found):
    async def find_servers(_):
        return found

    async def find_policy(_):
        return policy

    mailer = Mailer(find_servers=find_servers, find_policy=find_policy, reactor=Clock())
    return finished(mailer._servers_of("example.org"))


def test_an_enforced_policy_leaves_the_servers_that_it_names_and_requires_tls():
    policy = parse_policy(POLICY)[0]
    found = servers(
        policy, "mx.example.org", "evil.example", MailServer("a.example.net", 465), "b.example.net"
    )
    assert [(server.host, server.security) for server in found] == [
        ("mx.example.org", TLS.REQUIRED),
        ("a.example.net", TLS.IMPLICIT),
        ("b.example.net", TLS.REQUIRED),
    ]
    with pytest.raises(TLSRequiredError, match="policy"):
        servers(policy, "evil.example")


@pytest.mark.parametrize("policy", [None, Policy(False, ()), Policy(False, ("mx.example.org",))])
def test_a_policy_that_is_tested_or_none_forbids_nothing(policy):
    found = servers(policy, "mx.example.org", "other.example")
    assert [(server.host, server.security) for server in found] == [
        ("mx.example.org", TLS.OPPORTUNISTIC),
        ("other.example", TLS.OPPORTUNISTIC),
    ]


def test_what_a_tested_policy_would_forbid_is_logged():
    with capturedLogs() as events:
        servers(Policy(False, ("mx.example.org",)), "other.example")
    assert [event["hosts"] for event in events] == ["other.example"]
