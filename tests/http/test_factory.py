"""`HTTPFactory`: connections, graceful stop, access log."""

from __future__ import annotations

import io

from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.http import HTTPFactory, combinedLogFormatter, proxiedLogFormatter
from sennit.testing import Clock

GET = b'GET /a?b=c HTTP/1.1\r\nHost: h\r\nReferer: http://x/"y\r\nUser-Agent: test\r\n\r\n'


def lose(client):
    client.channel.connectionLost(Failure(ConnectionDone()))


def drain(factory):
    results = []
    factory.drain().addCallback(results.append)
    return results


def test_draining_without_connections_is_done_at_once(clock):
    assert drain(HTTPFactory(reactor=clock)) == [None]


def test_draining_closes_idle_connections_now_and_busy_ones_after_their_answer(connect, clock, seen):
    factory = HTTPFactory(reactor=clock)
    idle, busy, half = connect(factory), connect(factory), connect(factory)
    busy.send(GET)
    half.send(GET[:20])
    results = drain(factory)
    assert (idle.closed, busy.closed, half.closed) == (True, False, False)
    lose(idle)
    seen[0].finish()
    assert busy.closed
    assert b"Connection: close" in busy.wire.value()
    lose(busy)
    assert results == []
    half.send(GET[20:])
    seen[1].finish()
    assert half.closed
    lose(half)
    assert results == [None]


def test_a_connection_that_comes_while_draining_is_answered_once(connect, clock, seen):
    factory = HTTPFactory(reactor=clock)
    connect(factory).send(GET)
    drain(factory)
    late = connect(factory)
    late.send(GET + GET)
    seen[1].finish()
    assert late.closed
    assert len(seen) == 2


def test_a_connection_taken_over_by_another_protocol_does_not_hold_up_draining(connect, clock, seen):
    factory = HTTPFactory(reactor=clock)
    client = connect(factory)
    client.send(GET)
    seen[0].channel.transport = None
    assert drain(factory) == [None]


def test_a_factory_counts_its_open_connections(connect, clock):
    factory = HTTPFactory(reactor=clock)
    client = connect(factory)
    assert list(factory.channels) == [client.channel]
    lose(client)
    assert list(factory.channels) == []


def test_requests_are_logged_in_the_combined_format(connect, clock, seen, tmp_path):
    clock.advance(784111777.5)
    path = tmp_path / "access.log"
    factory = HTTPFactory(str(path), reactor=clock)
    factory.startFactory()
    connect(factory).send(GET)
    seen[0].setHeader(b"content-length", b"5")
    seen[0].write(b"hello")
    seen[0].finish()
    factory.stopFactory()
    assert path.read_text() == (
        '"192.168.1.1" - - [06/Nov/1994:08:49:37 +0000] "GET /a?b=c HTTP/1.1" 200 5 "http://x/\\"y" "test"\n'
    )


def test_an_access_log_is_appended_to(connect, clock, seen, tmp_path):
    path = tmp_path / "access.log"
    path.write_text("before\n")
    factory = HTTPFactory(bytes(path), reactor=clock)
    factory.startFactory()
    connect(factory).send(GET)
    seen[0].finish()
    factory.stopFactory()
    assert path.read_text().startswith("before\n")
    assert path.read_text().count("\n") == 2


def test_a_formatter_of_ones_own_makes_the_lines(connect, clock, seen):
    factory = HTTPFactory(logFormatter=lambda timestamp, request: f"{request.code}", reactor=clock)
    factory.logFile = io.StringIO()
    connect(factory).send(GET)
    seen[0].finish()
    factory.stopFactory()
    assert factory.logFile.getvalue() == "200\n"


def test_the_proxied_format_takes_the_first_address_that_the_proxy_names(connect, seen):
    connect().send(GET.replace(b"Host", b"X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nHost"))
    assert proxiedLogFormatter("[now]", seen[0]).startswith('"1.2.3.4" - - [now] "GET ')
    connect().send(GET)
    assert proxiedLogFormatter("[now]", seen[1]) == combinedLogFormatter("[now]", seen[1])
    connect().send(GET.replace(b"Host", b'X-Forwarded-For: "evil\r\nHost'))
    assert proxiedLogFormatter("[now]", seen[2]).startswith('"\\"evil" - -')


def test_access_lines_become_events_once_logging_has_begun(connect, clock, seen, monkeypatch):
    import sennit.http.factory as module
    from sennit.log import Logger, LogPublisher, interest

    events = []
    monkeypatch.setattr(module, "_log", Logger("access", observer=LogPublisher(events.append)))
    factory = HTTPFactory(reactor=clock)
    connect(factory).send(GET)
    seen[0].finish()
    assert events == []
    monkeypatch.setattr(type(module.globalLogBeginner), "begun", True)
    interest.changed()
    connect(factory).send(GET)
    seen[1].finish()
    assert "GET /a?b=c HTTP/1.1" in events[0]["line"]
    interest.changed()


def test_the_clock_is_the_current_reactor_unless_one_is_given():
    from sennit.core.current import enter_reactor, leave_reactor

    clock = Clock()
    enter_reactor(clock)
    try:
        assert HTTPFactory().reactor is clock
    finally:
        leave_reactor(clock)


def test_a_drain_that_lingers_answers_one_more_request_on_idle_connections(connect, clock, seen):
    factory = HTTPFactory(reactor=clock)
    factory.linger = 1
    asking, silent = connect(factory), connect(factory)
    results = drain(factory)
    assert (asking.closed, silent.closed) == (False, False)
    asking.send(GET)
    seen[0].finish()
    assert b"Connection: close" in asking.wire.value()
    assert asking.closed
    lose(asking)
    clock.advance(0.9)
    assert not silent.closed
    clock.advance(0.2)
    assert silent.closed
    lose(silent)
    assert results == [None]
    assert clock.getDelayedCalls() == []


def test_a_drain_that_lingers_is_done_with_its_last_connection(connect, clock, seen):
    factory = HTTPFactory(reactor=clock)
    factory.linger = 1
    client = connect(factory)
    results = drain(factory)
    lose(client)
    assert results == [None]
    assert clock.getDelayedCalls() == []
