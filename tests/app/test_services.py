"""Services, their trees, and applications."""

from __future__ import annotations

import pickle
import sys
import types

import pytest
from zope.interface.verify import verifyObject

from sennit.app import (
    Application,
    IProcess,
    IService,
    IServiceCollection,
    IServiceMaker,
    MultiService,
    Process,
    Service,
    ServiceMaker,
)
from sennit.core.deferred import Deferred


class Traced(Service):
    def __init__(self, name, log, stopping=None):
        self.label = name
        self.log = log
        self.stopping = stopping

    def privilegedStartService(self):
        super().privilegedStartService()
        self.log.append(f"privileged {self.label}")

    def startService(self):
        super().startService()
        self.log.append(f"start {self.label}")

    def stopService(self):
        super().stopService()
        self.log.append(f"stop {self.label}")
        return self.stopping


def tree(*services):
    parent = MultiService()
    for service in services:
        service.setServiceParent(parent)
    return parent


def test_services_and_collections_are_what_they_say():
    verifyObject(IService, Service())
    verifyObject(IService, MultiService())
    verifyObject(IServiceCollection, MultiService())
    verifyObject(IProcess, Process())


def test_services_start_in_order_and_stop_in_reverse():
    log = []
    parent = tree(Traced("a", log), Traced("b", log))
    parent.privilegedStartService()
    parent.startService()
    assert parent.running
    parent.stopService()
    assert not parent.running
    assert log == ["privileged a", "privileged b", "start a", "start b", "stop b", "stop a"]


def test_stopping_waits_for_every_service_and_fails_for_none():
    first, second, results = Deferred(), Deferred(), []
    parent = tree(Traced("a", [], first), Traced("b", [], second))
    parent.startService()
    parent.stopService().addBoth(results.append)
    second.errback(ValueError("b would not stop"))
    assert results == []
    first.callback("done")
    ((failed, failure), succeeded) = results[0]
    assert not failed
    assert failure.check(ValueError)
    assert succeeded == (True, "done")


def test_a_service_that_joins_a_running_tree_starts():
    log = []
    parent = tree()
    parent.startService()
    Traced("late", log).setServiceParent(parent)
    assert log == ["privileged late", "start late"]


def test_a_service_that_leaves_a_running_tree_stops():
    log, stopping = [], Deferred()
    service = Traced("a", log, stopping)
    parent = tree(service)
    assert service.disownServiceParent() is None
    service.setServiceParent(parent)
    parent.startService()
    log.clear()
    left = service.disownServiceParent()
    assert isinstance(left, Deferred)
    assert not left.called
    assert log == ["stop a"]
    assert service.parent is None
    assert list(parent) == []


def test_a_service_has_one_parent():
    service = Service()
    first, second = tree(service), tree()
    service.setServiceParent(second)
    assert list(first) == []
    assert list(second) == [service]
    assert service.parent is second


def test_a_name_is_unique_in_a_collection_and_fixed_inside():
    named = Service()
    named.setName("web")
    parent = tree(named)
    assert parent.getServiceNamed("web") is named
    with pytest.raises(KeyError):
        parent.getServiceNamed("mail")
    with pytest.raises(RuntimeError, match="cannot change name when parent exists"):
        named.setName("other")
    twin = Service()
    twin.setName("web")
    with pytest.raises(RuntimeError, match="two services with same name 'web'"):
        twin.setServiceParent(parent)
    assert twin.parent is None
    named.disownServiceParent()
    twin.setServiceParent(parent)
    assert parent.getServiceNamed("web") is twin


def test_a_pickled_service_does_not_run():
    service = Service()
    service.startService()
    again = pickle.loads(pickle.dumps(service))
    assert not again.running


def test_an_application_is_a_collection_and_a_process():
    application = Application("mail", uid=3, gid=4)
    service = IService(application)
    assert service.name == "mail"
    assert IServiceCollection(application) is service
    assert (IProcess(application).uid, IProcess(application).gid) == (3, 4)
    assert IProcess(application).processName is None
    child = Service()
    child.setServiceParent(application)
    assert child.parent is service
    assert list(service) == [child]


def test_a_service_maker_loads_its_module_when_it_is_used(monkeypatch):
    maker = ServiceMaker("Loft", "tests_loft", "keeps pigeons", "loft")
    with pytest.raises(ModuleNotFoundError):
        maker.options
    module = types.ModuleType("tests_loft")
    module.Options = dict
    module.makeService = lambda options: ("service", options)
    monkeypatch.setitem(sys.modules, "tests_loft", module)
    verifyObject(IServiceMaker, maker)
    assert maker.options is dict
    assert maker.makeService({}) == ("service", {})
    assert (maker.name, maker.tapname, maker.description) == ("Loft", "loft", "keeps pigeons")
