"""What becomes of notes when the server's process is killed now and then."""

from __future__ import annotations

import pytest
from outbox import CarefulSender, InboxFactory, NaiveSender, Outbox

from sennit.sim import SimulationFailed, simulated


def every_note_arrives(sim, kind):
    inbox = InboxFactory()
    sim.host("inbox").run(lambda reactor: reactor.listenTCP(7000, inbox))
    outboxes = []
    sim.host("desk").run(lambda reactor: outboxes.append(Outbox(reactor, kind)))
    sim.trouble(["inbox"], every=5, lasting=3, kinds=("kill",), until=60)
    for number in range(60):
        sim.run_for(1)
        outboxes[0].send(number)
    sim.run_for(30)
    assert sorted(inbox.notes) == list(range(60))


@simulated(seeds=30)
def test_a_careful_outbox_loses_nothing(sim):
    every_note_arrives(sim, CarefulSender)


def test_a_naive_outbox_loses_notes_and_the_simulation_says_when():
    with pytest.raises(SimulationFailed, match="SENNIT_SIM_SEED=") as caught:
        simulated(seeds=30)(lambda sim: every_note_arrives(sim, NaiveSender))()
    assert "kill inbox" in str(caught.value)
