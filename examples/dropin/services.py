"""An application as a .tac file makes one: services in services, started and stopped by hand."""

from __future__ import annotations

from twisted.application.internet import StreamServerEndpointService, TimerService
from twisted.application.service import Application, IService, IServiceCollection, MultiService, Service
from twisted.internet import defer, reactor
from twisted.internet.endpoints import TCP4ServerEndpoint, clientFromString, connectProtocol
from twisted.internet.protocol import Factory, Protocol


class Motto(Protocol):
    def connectionMade(self):
        self.transport.write(self.factory.service.motto)
        self.transport.loseConnection()


class MottoService(Service):
    name = "motto"

    def startService(self):
        Service.startService(self)
        self.motto = b"plain is better than fancy"
        print("start: motto")

    def stopService(self):
        print("stop: motto")
        return Service.stopService(self)


class SlowToStop(Service):
    def startService(self):
        print("start: slow")
        super().startService()

    def stopService(self):
        print("stopping: slow")
        super().stopService()
        stopped = defer.Deferred()
        reactor.callLater(0.01, stopped.callback, None)
        return stopped.addCallback(lambda _: print("stopped: slow"))


class Reader(Protocol):
    def __init__(self):
        self.received = b""
        self.done = defer.Deferred()

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.done.callback(self.received)


beats = []
application = Application("mottos")
top = MultiService()
top.setName("top")
top.setServiceParent(application)
motto = MottoService()
motto.setServiceParent(top)
SlowToStop().setServiceParent(top)
timer = TimerService(0.01, beats.append, 1)
timer.setServiceParent(top)
factory = Factory.forProtocol(Motto)
factory.noisy = False
factory.service = motto
listening = StreamServerEndpointService(TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"), factory)
listening.setName("listening")
listening.setServiceParent(top)

print("application:", IService(application).name)
print("services:", [service.name for service in IServiceCollection(application).getServiceNamed("top")])
print("parent:", motto.parent is top, "running:", bool(motto.running))


@defer.inlineCallbacks
def main():
    IService(application).privilegedStartService()
    IService(application).startService()
    print("running:", bool(motto.running), bool(listening.running))
    port = yield listening._waitingForPort
    where = clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}")
    reader = yield connectProtocol(where, Reader())
    print("read:", (yield reader.done))
    while len(beats) < 3:
        pause = defer.Deferred()
        reactor.callLater(0.01, pause.callback, None)
        yield pause
    print("the timer beat:", len(beats) >= 3)
    late = MottoService()
    late.setName("late")
    late.setServiceParent(top)
    yield late.disownServiceParent()
    try:
        top.getServiceNamed("late")
    except KeyError:
        print("late is gone")
    yield IService(application).stopService()
    print("running:", bool(motto.running), bool(listening.running))
    reactor.stop()


reactor.callWhenRunning(main)
reactor.callLater(20, reactor.stop)
reactor.run()
