from __future__ import annotations

import pytest
from zope.interface.interface import InterfaceClass, Method

from sennit.core import interfaces

ALL = [getattr(interfaces, name) for name in interfaces.__all__ if name != "Binding"]


@pytest.mark.parametrize("interface", ALL)
def test_an_interface_and_its_methods_are_described(interface):
    assert isinstance(interface, InterfaceClass)
    assert interface.__doc__
    assert [name for name in interface.names() if not interface[name].__doc__] == []


@pytest.mark.parametrize(
    ("interface", "method", "signature"),
    [
        (interfaces.IReactorTime, "callLater", "(delay, callable, *args, **kwargs)"),
        (interfaces.IReactorTCP, "listenTCP", "(port, factory, backlog=50, interface='')"),
        (interfaces.IReactorTCP2, "listenTCP", "(port, factory, backlog=50, interface=None)"),
        (interfaces.IReactorUNIX, "listenUNIX", "(address, factory, backlog=50, mode=438, wantPID=False)"),
        (interfaces.IReactorCore, "resolve", "(name, timeout=(1, 3, 11, 45))"),
        (interfaces.IConsumer, "registerProducer", "(producer, streaming)"),
        (interfaces.IResolver, "lookupAddress", "(name, timeout)"),
    ],
)
def test_a_method_takes_the_arguments_that_programs_give(interface, method, signature):
    assert isinstance(interface[method], Method)
    assert interface[method].getSignatureString() == signature


@pytest.mark.parametrize(
    ("interface", "base"),
    [
        (interfaces.ITCPTransport, interfaces.ITransport),
        (interfaces.ISSLTransport, interfaces.ITCPTransport),
        (interfaces.INegotiated, interfaces.ISSLTransport),
        (interfaces.IProcessTransport, interfaces.ITransport),
        (interfaces.IPushProducer, interfaces.IProducer),
        (interfaces.IReadWriteDescriptor, interfaces.IReadDescriptor),
        (interfaces.IReadWriteDescriptor, interfaces.IWriteDescriptor),
        (interfaces.IFileDescriptor, interfaces.ILoggingContext),
        (interfaces.IReactorThreads, interfaces.IReactorFromThreads),
        (interfaces.IMulticastTransport, interfaces.IUDPTransport),
        (interfaces.IResolver, interfaces.IResolverSimple),
    ],
)
def test_an_interface_extends_another(interface, base):
    assert interface.extends(base)
