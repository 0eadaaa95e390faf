"""The contract suites catch who breaks the contract, and can be used by others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sennit.log import Logger
from sennit.testing.contract import Ability, Recorder, TCPStreams, check_stream, raises, stream_checks
from sennit.testing.contract.checks import in_reactor, same

EXAMPLE = Path(__file__).parents[2] / "examples" / "contract_of_a_transport.py"


class Altering(TCPStreams):
    """TCP of which something is broken."""

    def altered(self, protocol):
        raise NotImplementedError

    def listen(self, factory):
        build = factory.buildProtocol

        def build_altered(address):
            protocol = build(address)
            self.altered(protocol)
            return protocol

        factory.buildProtocol = build_altered
        return super().listen(factory)


class Reversing(Altering):
    def altered(self, protocol):
        receive = protocol.dataReceived
        protocol.dataReceived = lambda data: receive(data[::-1])


class Grumbling(Altering):
    def altered(self, protocol):
        try:
            raise LookupError("a grumble")
        except LookupError:
            Logger().failure("It grumbles")


def named(kind, name):
    [check] = [check for check in stream_checks(kind) if str(check) == name]
    return check


def test_bytes_out_of_order_are_caught():
    check = named(Reversing, "bytes_go_both_ways_whole_and_in_order")
    check_stream(check, TCPStreams)
    with pytest.raises(AssertionError, match=r"^At byte 0 of 1165548 came b'"):
        check_stream(check, Reversing)


def test_of_bytes_that_differ_it_is_said_where():
    same(b"as sent", b"as sent")
    with pytest.raises(AssertionError, match=r"At byte 3 of 7 came b'eent', and b'sent' was sent"):
        same(b"as eent", b"as sent")
    with pytest.raises(AssertionError, match=r"7 bytes were sent, 5 came, the first ones right"):
        same(b"as se", b"as sent")


def test_an_error_in_the_log_that_nobody_expected_is_caught():
    check = named(Grumbling, "closing_is_clean_for_both_sides")
    with pytest.raises(AssertionError, match="a grumble"):
        check_stream(check, Grumbling)


def test_what_a_stream_cannot_do_is_not_checked():
    class Plain(TCPStreams):
        abilities = Ability.NONE

    names = {str(check) for check in stream_checks(Plain)}
    everything = {str(check) for check in stream_checks(TCPStreams)}
    assert names < everything
    assert "bytes_go_both_ways_whole_and_in_order" in names
    assert "a_reset_is_a_loss" in everything - names


def test_variants_of_a_check_have_names_of_their_own():
    names = [str(check) for check in stream_checks(TCPStreams)]
    assert len(set(names)) == len(names)
    assert "an_error_of_any_kind_ends_the_connection_with_it[SystemExit]" in names


def test_a_check_that_hangs_says_so(monkeypatch):
    from sennit.reactor import Reactor

    monkeypatch.setattr("sennit.testing.contract.checks.PATIENCE", 0.01)
    reactor = Reactor()
    with pytest.raises(AssertionError, match="still waits for something"):
        in_reactor(reactor, Recorder().until_lost())
    reactor.close()


def test_raises_wants_the_error_and_what_it_says():
    with raises(KeyError, ValueError) as raised:
        raise KeyError("a key")
    assert raised.error.args == ("a key",)
    with pytest.raises(AssertionError, match="None of KeyError was raised"), raises(KeyError):
        pass
    with pytest.raises(AssertionError, match="does not say"), raises(KeyError, saying="other"):
        raise KeyError("a key")


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_without_assertions_there_is_no_contract():
    done = subprocess.run(
        [sys.executable, "-O", "-c", "import sennit.testing.contract"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "run Python without -O" in done.stderr


def test_the_example_holds_its_transport_to_the_contract():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, EXAMPLE],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "failed" not in done.stdout
