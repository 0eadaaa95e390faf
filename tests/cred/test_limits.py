from __future__ import annotations

import pytest

from sennit.cred import FailureLimiter
from sennit.task import Clock


def limiter(**settings):
    clock = Clock()
    clock.advance(1000)
    return clock, FailureLimiter(seconds=clock.seconds, **settings)


def test_a_user_may_fail_so_often_and_then_waits_for_one_recovery():
    clock, limit = limiter(per_user=3, user_recovery=10)
    for _ in range(3):
        assert limit.delay(b"alice", None) == 0
        limit.failed(b"alice", None)
    assert limit.delay(b"alice", None) == 10
    assert limit.delay(b"bob", None) == 0
    clock.advance(4)
    assert limit.delay(b"alice", None) == 6
    clock.advance(6)
    assert limit.delay(b"alice", None) == 0
    limit.failed(b"alice", None)
    assert limit.delay(b"alice", None) == 10


def test_what_recovers_is_bounded_by_the_size():
    clock, limit = limiter(per_user=2, user_recovery=10)
    limit.failed(b"alice", None)
    clock.advance(10_000)
    for _ in range(2):
        assert limit.delay(b"alice", None) == 0
        limit.failed(b"alice", None)
    assert limit.delay(b"alice", None) == 10


def test_failures_under_way_at_once_leave_a_debt():
    _, limit = limiter(per_user=3, user_recovery=10, longest_delay=3600)
    for _ in range(10):
        limit.failed(b"alice", None)
    assert limit.delay(b"alice", None) == 80


def test_a_debt_is_bounded_by_the_longest_delay():
    _, limit = limiter(per_user=3, user_recovery=10, longest_delay=60)
    for _ in range(1000):
        limit.failed(b"alice", None)
    assert limit.delay(b"alice", None) == 60


def test_a_source_fails_for_all_users_together():
    _, limit = limiter(per_source=2, source_recovery=5)
    limit.failed(b"alice", "192.0.2.1")
    limit.failed(b"bob", "192.0.2.1")
    assert limit.delay(b"carol", "192.0.2.1") == 5
    assert limit.delay(b"carol", "192.0.2.2") == 0


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("/run/a.sock", "/run/b.sock", False),
    ],
)
def test_an_ipv6_network_is_one_source(first, second, same):
    _, limit = limiter(per_source=1)
    limit.failed(None, first)
    assert (limit.delay(None, second) > 0) is same


def test_a_user_is_not_locked_out_of_where_he_logged_in_before():
    _, limit = limiter(per_user=1, per_source=100)
    limit.succeeded(b"alice", "192.0.2.1")
    for number in range(20):
        limit.failed(b"alice", f"198.51.100.{number}")
    assert limit.delay(b"alice", "192.0.2.1") == 0
    assert limit.delay(b"alice", "198.51.100.7") > 0
    assert limit.delay(b"bob", "192.0.2.1") == 0


def test_where_he_logged_in_before_the_sources_own_limit_holds():
    _, limit = limiter(per_user=1, per_source=3)
    limit.succeeded(b"alice", "192.0.2.1")
    for _ in range(3):
        assert limit.delay(b"alice", "192.0.2.1") == 0
        limit.failed(b"alice", "192.0.2.1")
    assert limit.delay(b"alice", "192.0.2.1") > 0


def test_memory_is_bounded_whatever_is_presented():
    _, limit = limiter(max_entries=50)
    for number in range(1000):
        limit.failed(b"x" * 100_000 + str(number).encode(), f"host-{number}")
        limit.succeeded(str(number), f"host-{number}")
    assert len(limit._buckets) == len(limit._known) == 50
    assert {len(key) for key in (*limit._buckets, *limit._known)} == {16}


def test_an_unknown_name_is_counted_like_a_known_one_and_text_like_bytes():
    _, limit = limiter(per_user=1)
    limit.failed("alice", None)
    assert limit.delay(b"alice", None) > 0


def test_a_limit_that_lets_nothing_through_is_refused():
    with pytest.raises(ValueError, match="allows one at least"):
        FailureLimiter(per_user=0)
