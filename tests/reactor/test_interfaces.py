from __future__ import annotations

import pytest
from zope.interface.verify import verifyClass, verifyObject

from sennit.core import interfaces
from sennit.reactor import Reactor

PROVIDED = [
    interfaces.IReactorCore,
    interfaces.IReactorTime,
    interfaces.IReactorThreads,
    interfaces.IReactorFromThreads,
    interfaces.IReactorInThreads,
    interfaces.IReactorFDSet,
    interfaces.IReactorPluggableResolver,
    interfaces.IReactorPluggableNameResolver,
    interfaces.IReactorTCP,
    interfaces.IReactorUNIX,
]


@pytest.mark.parametrize("interface", PROVIDED)
def test_a_reactor_keeps_what_its_interfaces_promise(interface):
    reactor = Reactor("asyncio")
    assert interface.providedBy(reactor)
    assert verifyClass(interface, Reactor, tentative=True)
    assert verifyObject(interface, reactor)
    reactor.close()


def test_reactors_have_an_identity_and_hash():
    one, other = Reactor(), Reactor()
    assert one != other
    assert len({one, other, one}) == 2
