"""Our client and our server in memory, over a network that loses and reorders."""

from __future__ import annotations

import io
import random

import pytest
from tests.ftp.kit import make_factory

from sennit import ftp
from sennit.ftp.client_errors import ConnectionLost
from sennit.sim import Simulation

DATA = random.Random(1).randbytes(100_000)


@pytest.fixture
def sim():
    with Simulation(1) as made:
        yield made
        assert made.errors == []


def serve(sim, folder):
    factory = make_factory(folder)
    sim.host("server").call(lambda reactor: reactor.listenTCP(21, factory))
    return folder / "users" / "bob"


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
def test_files_arrive_whole_whatever_is_lost(sim, tmp_path, passive):
    home = serve(sim, tmp_path)
    sim.links(loss=0.1, reorder=0.1)

    async def use(reactor):
        async with ftp.connect(
            "server", user="bob", password="secret", tls=False, passive=passive, reactor=reactor
        ) as remote:
            await remote.upload(io.BytesIO(DATA), "file")
            return await remote.read("file"), [entry.name for entry in await remote.entries()]

    read, names = sim.wait(sim.host("client").run(use))
    assert (len(read), names) == (len(DATA), ["file"])
    assert read == DATA, "the octets differ"
    assert (home / "file").read_bytes() == DATA, "the octets differ"


def test_a_server_that_falls_silent_is_given_up(sim, tmp_path):
    serve(sim, tmp_path)

    async def use(reactor):
        async with ftp.connect(
            "server", user="bob", password="secret", tls=False, timeout=20, reactor=reactor
        ) as remote:
            sim.links(loss=1)
            before = reactor.seconds()
            with pytest.raises(ConnectionLost):
                await remote.directory()
            return reactor.seconds() - before

    assert sim.wait(sim.host("client").run(use)) == pytest.approx(20, abs=1)
