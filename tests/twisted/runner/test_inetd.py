"""inetd hands each connection to a program, which talks to the peer alone."""

from __future__ import annotations

import socket

import pytest
from tests.loops import LOOPS

from sennit.app.inetdconf import InetdService
from sennit.reactor import Reactor
from sennit.threads import deferToThreadPool
from sennit.twisted.runner.inetd import InetdFactory, internalProtocols
from sennit.twisted.runner.inetdtap import Options, makeService


def service(program, *args):
    return InetdService("x", 0, "stream", "tcp", False, None, None, program, list(args))


def answer(address, request):
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


def served(loop_name, factory, request):
    reactor = Reactor(loop_name)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    found = []

    def ask():
        address = ("127.0.0.1", port.getHost().port)
        asked = deferToThreadPool(reactor, reactor.getThreadPool(), answer, address, request)
        asked.addBoth(found.append)
        asked.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(ask)
    reactor.run()
    reactor.close()
    return found[0]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_program_reads_and_answers_on_the_connection(loop):
    factory = InetdFactory(service("/bin/sh", "sh", "-c", "tr a-z A-Z; echo done"))
    assert served(loop, factory, b"hello\n" * 2000) == b"HELLO\n" * 2000 + b"done\n"


def test_a_program_that_cannot_be_run_ends_the_connection():
    assert served("asyncio", InetdFactory(service("/no/such/program", "x")), b"") == b""


def test_services_of_a_file_are_made_and_others_left_out(tmp_path):
    conf = tmp_path / "inetd.conf"
    conf.write_text(
        "7 stream tcp nowait root internal\n"
        "8 stream tcp nowait root /bin/cat cat\n"
        "9 dgram udp wait root /bin/cat cat\n"
        "10 stream tcp nowait root internal\n"
        "echo stream tcp nowait root internal\n"
    )
    options = Options()
    options.parseOptions(["--file", str(conf)])
    made = list(makeService(options))
    assert [each.args[0] for each in made] == [8, 7]
    assert isinstance(made[0].args[1], InetdFactory)
    assert made[1].args[1].protocol is internalProtocols["echo"]
    options.parseOptions(["--file", str(conf), "--nointernal"])
    assert [each.args[0] for each in makeService(options)] == [8]
