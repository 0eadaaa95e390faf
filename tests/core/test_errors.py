from __future__ import annotations

import errno
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.core import errors


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("BindError", ("Exception",)),
        ("CannotListenError", ("BindError",)),
        ("ConnectError", ("Exception",)),
        ("ConnectBindError", ("ConnectError",)),
        ("UserError", ("ConnectError",)),
        ("TimeoutError", ("UserError",)),
        ("DNSLookupError", ("OSError",)),
        ("ConnectionDone", ("ConnectionClosed",)),
        ("ConnectionLost", ("ConnectionClosed",)),
        ("ConnectionAborted", ("ConnectionLost",)),
        ("ProcessDone", ("ConnectionDone",)),
        ("ProcessTerminated", ("ConnectionLost",)),
        ("AlreadyCalled", ("ValueError",)),
        ("AlreadyCancelled", ("ValueError",)),
        ("NotConnectingError", ("RuntimeError",)),
        ("ReactorAlreadyInstalledError", ("AssertionError",)),
        ("PeerVerifyError", ("VerifyError",)),
        ("InvalidAddressError", ("ValueError",)),
    ],
)
def test_an_error_has_the_bases_that_programs_catch_it_by(name, bases):
    assert tuple(base.__name__ for base in getattr(errors, name).__bases__) == bases


def test_every_name_of_the_module_exists():
    assert [name for name in errors.__all__ if not hasattr(errors, name)] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.ConnectionDone(), "Connection was closed cleanly."),
        (errors.ConnectionDone("bye"), "Connection was closed cleanly: bye."),
        (
            errors.ConnectionLost("a", "b"),
            "Connection to the other side was lost in a non-clean fashion: a b.",
        ),
        (errors.ConnectError(), "An error occurred while connecting."),
        (errors.ConnectError("x"), "An error occurred while connecting: x."),
        (errors.ConnectError(5, "x"), "An error occurred while connecting: 5: x."),
        (errors.ConnectError(None, "x"), "An error occurred while connecting: x."),
        (errors.ConnectError(string="x"), "An error occurred while connecting: x."),
        (errors.ConnectionRefusedError(111, "no"), "Connection was refused by other side: 111: no."),
        (errors.TimeoutError(), "User timeout caused connection failure."),
        (errors.DNSLookupError("h"), "DNS lookup failed: h."),
        (errors.CannotListenError("127.0.0.1", 80, "in use"), "Couldn't listen on 127.0.0.1:80: in use."),
        (errors.CannotListenError(None, 80, "in use"), "Couldn't listen on any:80: in use."),
        (
            errors.ProcessDone(0),
            "A process has ended without apparent errors: process finished with exit code 0.",
        ),
        (errors.ProcessTerminated(), "A process has ended with a probable error condition: process ended."),
        (
            errors.ProcessTerminated(3, 9),
            (
                "A process has ended with a probable error condition:"
                " process ended with exit code 3 by signal 9."
            ),
        ),
        (errors.ConnectingCancelledError("somewhere"), "somewhere"),
    ],
)
def test_an_error_says_what_programs_compare(error, text):
    assert str(error) == text


def test_cannot_listen_keeps_its_arguments():
    error = errors.CannotListenError("lo", 80, OSError("in use"))
    assert (error.interface, error.port, str(error.socketError)) == ("lo", 80, "in use")


def test_a_connect_error_keeps_the_number_apart_from_the_text():
    error = errors.ConnectError(5, "x")
    assert (error.osError, error.args) == (5, ("x",))


def test_the_ends_of_processes_keep_their_status():
    done, terminated = errors.ProcessDone(7), errors.ProcessTerminated(1, 9, 265)
    assert (done.exitCode, done.signal, done.status) == (0, None, 7)
    assert (terminated.exitCode, terminated.signal, terminated.status) == (1, 9, 265)


def test_other_errors_keep_what_they_are_about():
    assert errors.ConnectingCancelledError("somewhere").address == "somewhere"
    invalid = errors.InvalidAddressError("1.2.3", "too short")
    assert (invalid.address, invalid.message) == ("1.2.3", "too short")


@pytest.mark.parametrize(
    ("raised", "kind", "number", "text"),
    [
        (OSError(errno.ECONNREFUSED, "no"), errors.ConnectionRefusedError, errno.ECONNREFUSED, "no"),
        (OSError(errno.ENETUNREACH, "no"), errors.NoRouteError, errno.ENETUNREACH, "no"),
        (OSError(errno.ETIMEDOUT, "no"), errors.TCPTimedOutError, errno.ETIMEDOUT, "no"),
        (OSError(9999, "odd"), errors.ConnectError, 9999, "odd"),
        (socket.gaierror(-2, "unknown"), errors.UnknownHostError, -2, "unknown"),
        (Exception(1, "a"), errors.ConnectError, 1, "a"),
        ((errno.ECONNREFUSED, "no"), errors.ConnectionRefusedError, errno.ECONNREFUSED, "no"),
    ],
)
def test_a_system_error_becomes_the_connect_error_for_its_number(raised, kind, number, text):
    error = errors.getConnectError(raised)
    assert (type(error), error.osError, error.args[0]) == (kind, number, text)


def test_an_error_without_a_number_becomes_a_plain_connect_error():
    raised = ValueError("x")
    error = errors.getConnectError(raised)
    assert type(error) is errors.ConnectError
    assert (error.osError, error.args[0]) == (None, raised)


@given(st.lists(st.one_of(st.text(), st.integers(), st.none()), max_size=4))
def test_no_arguments_keep_an_error_from_being_printed(args):
    assert str(errors.ConnectionLost(*args)).startswith("Connection to the other side was lost")
