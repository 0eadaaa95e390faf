"""Services that listen and connect."""

from __future__ import annotations

import pickle

import pytest

from sennit.app import (
    DatagramEndpointService,
    StreamServerEndpointService,
    TCPClient,
    TCPServer,
    UDPServer,
    UNIXClient,
    UNIXServer,
    listening,
)
from sennit.core.deferred import Deferred, fail, succeed
from sennit.protocol import ClientFactory, DatagramProtocol, Factory
from sennit.testing import MemoryReactorClock


class Port:
    def __init__(self):
        self.closing = None

    def stopListening(self):
        self.closing = Deferred()
        return self.closing


class Endpoint:
    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.factories = []

    def listen(self, factory):
        self.factories.append(factory)
        return self.outcomes.pop(0)


def stopped(service):
    results = []
    service.stopService().addBoth(results.append)
    return results


def test_a_datagram_endpoint_is_listened_on_with_a_protocol():
    protocol = DatagramProtocol()
    port = Port()
    endpoint = Endpoint(succeed(port))
    service = DatagramEndpointService(endpoint, protocol)
    service.startService()
    assert endpoint.factories == [protocol]
    assert service.protocol is protocol
    done = stopped(service)
    assert done == []
    port.closing.callback(None)
    assert done == [None]


def test_listening_begins_once_in_either_start():
    factory = Factory()
    endpoint = Endpoint(succeed(Port()))
    service = StreamServerEndpointService(endpoint, factory)
    service.privilegedStartService()
    service.startService()
    assert endpoint.factories == [factory]
    assert service.running
    endpoint = Endpoint(succeed(Port()))
    StreamServerEndpointService(endpoint, factory).startService()
    assert endpoint.factories == [factory]


def test_stopping_waits_for_the_port_to_close_and_the_service_can_start_again():
    first, second = Port(), Port()
    endpoint = Endpoint(succeed(first), succeed(second))
    service = StreamServerEndpointService(endpoint, Factory())
    service.startService()
    results = stopped(service)
    assert results == []
    first.closing.callback("closed")
    assert results == ["closed"]
    service.startService()
    assert len(endpoint.factories) == 2


def test_stopping_before_the_port_is_there_cancels_the_listening():
    cancelled = []
    service = StreamServerEndpointService(Endpoint(Deferred(lambda _: cancelled.append(1))), Factory())
    service.startService()
    assert stopped(service) == [None]
    assert cancelled == [1]


def test_a_service_that_never_started_stops_at_once():
    assert stopped(StreamServerEndpointService(Endpoint(), Factory())) == [None]


def test_an_error_is_kept_from_the_caller_unless_it_asked_to_have_it_raised():
    service = StreamServerEndpointService(Endpoint(fail(ValueError("no")), fail(ValueError("no"))), Factory())
    service.privilegedStartService()
    assert stopped(service) == [None]
    service._raiseSynchronously = True
    with pytest.raises(ValueError, match="no"):
        service.privilegedStartService()


def test_a_later_error_is_not_raised_in_whatever_runs_then():
    listening_then = Deferred()
    service = StreamServerEndpointService(Endpoint(listening_then), Factory())
    service._raiseSynchronously = True
    service.startService()
    listening_then.errback(ValueError("no"))
    assert stopped(service) == [None]


def test_server_services_call_the_reactor_once():
    reactor, factory = MemoryReactorClock(), Factory()
    service = TCPServer(80, factory, interface="10.0.0.1", reactor=reactor)
    service.privilegedStartService()
    service.startService()
    assert reactor.tcpServers == [(80, factory, 50, "10.0.0.1")]
    service.stopService()
    service.startService()
    assert len(reactor.tcpServers) == 2


def test_unix_server_services_call_the_reactor():
    reactor, factory = MemoryReactorClock(), Factory()
    UNIXServer("/run/a", factory, mode=0o600, reactor=reactor).startService()
    assert reactor.unixServers == [("/run/a", factory, 50, 0o600, 0)]


def test_client_services_connect_and_disconnect():
    reactor, factory = MemoryReactorClock(), ClientFactory()
    service = TCPClient("host", 80, factory, reactor=reactor)
    service.startService()
    assert [client[:2] for client in reactor.tcpClients] == [("host", 80)]
    connector = reactor.connectors[0]
    service.stopService()
    assert connector._disconnected or connector.stoppedConnecting
    UNIXClient("/run/a", factory, reactor=reactor).startService()
    assert reactor.unixClients[0][0] == "/run/a"


def test_each_service_names_the_reactors_method():
    methods = {
        name: getattr(listening, name).method
        for name in listening.__all__
        if not name.endswith("EndpointService")
    }
    assert methods == {
        "MulticastServer": "Multicast",
        "SSLClient": "SSL",
        "SSLServer": "SSL",
        "TCPClient": "TCP",
        "TCPServer": "TCP",
        "UDPServer": "UDP",
        "UNIXClient": "UNIX",
        "UNIXDatagramClient": "UNIXDatagram",
        "UNIXDatagramServer": "UNIXDatagram",
        "UNIXServer": "UNIX",
    }


def test_stopping_hands_back_what_the_port_returns():
    service = UDPServer(53, object(), reactor=MemoryReactorClock())
    assert service.stopService() is None
    service._port = Port()
    assert isinstance(service.stopService(), Deferred)
    assert service._port is None


def test_a_pickled_server_leaves_its_port_behind():
    service = TCPServer(80, None)
    service._port = object()
    again = pickle.loads(pickle.dumps(service))
    assert again._port is None
    assert again.args == (80, None)
