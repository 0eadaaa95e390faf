"""What a process tells of itself, and to whom."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
import threading

import pytest
from tests.loops import LOOPS

from sennit.app.introspection import Introspection, ask, default_path, find_paths, take_snapshot
from sennit.app.introspection.control import ControlSocket
from sennit.app.introspection.prometheus import MetricsResource, as_metrics
from sennit.app.introspection.table import as_text, duration, octets
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.endpoint import TCP4ClientEndpoint
from sennit.protocol import Factory, Protocol
from sennit.reactor import run
from sennit.testing import AccumulatingProtocol

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells")


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Scene:
    """A reactor with an echo server, a client, a timer, and things that wait."""

    async def begin(self, loop):
        self.reactor = reactor = current_reactor()
        self.introspection = Introspection(reactor, self.path)
        self.port = reactor.listenTCP(0, Factory.forProtocol(Echo), interface="127.0.0.1")
        client = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port.getHost().port)
        self.client = await client.connect(Factory.forProtocol(AccumulatingProtocol))
        self.client.transport.write(b"x" * 1000)
        while len(self.client.data) < 1000:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)
        self.timer = reactor.callLater(1000, self.late)
        self.awaited = Deferred(self.give_up)
        self.waiter = Deferred.fromCoroutine(self.wait_for_it())
        self.task = asyncio.ensure_future(self.sleep_long())
        await asyncio.sleep(0)

    async def wait_for_it(self):
        await self.awaited

    async def sleep_long(self):
        await asyncio.get_running_loop().create_future()

    def give_up(self, deferred):
        pass

    def late(self):
        pass

    async def end(self):
        self.timer.cancel()
        self.awaited.callback(None)
        self.task.cancel()
        self.client.transport.loseConnection()
        await self.port.stopListening()

    async def __call__(self, loop, use):
        await self.begin(loop)
        try:
            return await use(self)
        finally:
            await self.end()


@pytest.fixture
def with_scene(tmp_path):
    def do(use, loop="asyncio"):
        scene = Scene()
        scene.path = tmp_path / "control.sock"
        return run(scene, loop, use, loop=loop)

    return do


@linux
@pytest.mark.parametrize("loop", LOOPS)
def test_a_snapshot_tells_what_is_open_and_what_waits(with_scene, loop):
    async def use(scene):
        return take_snapshot(scene.reactor), scene.port.getHost().port

    snapshot, number = with_scene(use, loop)
    assert json.loads(json.dumps(snapshot)) == snapshot
    [port] = snapshot["ports"]
    assert (port["kind"], port["address"], port["accepted"]) == ("TCP", f"127.0.0.1:{number}", 1)
    sides = {one["side"]: one for one in snapshot["connections"]}
    assert set(sides) == {"client", "server"}
    for side, protocol in (("client", "AccumulatingProtocol"), ("server", "Echo")):
        assert sides[side]["protocol"].endswith(protocol)
        assert sides[side]["received"] == 1000
        assert 0 <= sides[side]["age"] < 100
        assert sides[side]["reading"] is True
    assert sides["client"]["peer"] == f"127.0.0.1:{number}"
    assert sides["client"]["host"] == sides["server"]["peer"]
    assert ("Scene.late", True) in [
        (timer["call"].split(".", 1)[1].split("test_introspection.")[-1], 900 < timer["in"] <= 1000)
        for timer in snapshot["timers"]
    ]
    waiting = {one["cancelled_by"]: one for one in snapshot["deferreds"]}
    [own] = [one for name, one in waiting.items() if name.endswith("Scene.give_up")]
    assert own["goes_on"] == "Scene.wait_for_it"
    coroutines = {one["name"]: one for one in snapshot["coroutines"]}
    assert coroutines["Scene.wait_for_it"]["at"].endswith("in Scene.wait_for_it")
    assert coroutines["Scene.wait_for_it"]["waits_for"].endswith("Scene.give_up")
    assert coroutines["Scene.sleep_long"]["waits_for"] == "Future"
    assert "MainThread" in [thread["name"] for thread in snapshot["threads"]]


def test_things_opened_before_anybody_cared_have_no_age():
    async def main():
        reactor = current_reactor()
        port = reactor.listenTCP(0, Factory.forProtocol(Echo), interface="127.0.0.1")
        Introspection(reactor)
        client = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        protocol = await client.connect(Factory.forProtocol(AccumulatingProtocol))
        try:
            return [one["age"] for one in take_snapshot(reactor)["connections"]]
        finally:
            protocol.transport.loseConnection()
            await port.stopListening()

    assert set(run(main)) == {None}


def in_thread(call, *args):
    return asyncio.get_running_loop().run_in_executor(None, call, *args)


def test_the_socket_answers_and_only_its_owner_can_open_it(with_scene):
    async def use(scene):
        path = scene.introspection.begin()
        try:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            told = await in_thread(ask, path)
            unknown = await in_thread(ask, path, "passwords")
        finally:
            scene.introspection.end()
        assert not path.exists()
        return told, unknown

    told, unknown = with_scene(use)
    assert told["process"]["pid"] == os.getpid()
    assert len(told["connections"]) == 2
    assert told["loop"]["blocked"] is None
    assert unknown == {"error": "There is no 'passwords'; there is snapshot."}


def test_it_answers_while_the_loop_is_blocked(with_scene):
    async def use(scene):
        path = scene.introspection.begin()
        told = []
        asking = threading.Thread(target=lambda: told.append(ask(path)))
        asking.start()
        # The loop does not turn until the answer is there.
        asking.join()
        scene.introspection.end()
        return told

    [told] = with_scene(use)
    assert "connections" not in told
    assert "asking.join()" in told["loop"]["blocked"]["stack"]
    assert "THE LOOP IS BLOCKED" in as_text(told)
    assert "sennit_loop_blocked_seconds" in as_metrics(told)


def test_another_user_is_turned_away(tmp_path, monkeypatch):
    control = ControlSocket(tmp_path / "a.sock", lambda want: {"want": want})
    try:
        assert ask(control.path) == {"want": "snapshot"}
        monkeypatch.setattr("sennit.app.introspection.control._may_ask", lambda way: False)
        with pytest.raises((OSError, ValueError)):
            ask(control.path)
    finally:
        control.close()


@linux
def test_who_may_ask_is_told_by_the_kernel(monkeypatch):
    from sennit.app.introspection import control

    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert control._may_ask(ours)
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        assert control._may_ask(ours) == (os.getuid() == 0)


@pytest.mark.parametrize("question", [b"\n", b"no JSON\n", b"[]\n", b"x" * 5000, b""])
def test_a_question_that_is_none_does_no_harm(tmp_path, question):
    control = ControlSocket(tmp_path / "a.sock", lambda want: {"want": want})
    try:
        with socket.socket(socket.AF_UNIX) as way:
            way.connect(str(control.path))
            way.sendall(question)
            way.shutdown(socket.SHUT_WR)
            assert way.recv(100) == b""
        assert ask(control.path) == {"want": "snapshot"}
    finally:
        control.close()


def test_a_socket_that_a_killed_process_left_is_replaced_and_one_that_answers_is_not(tmp_path):
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    control = ControlSocket(path, lambda want: {})
    try:
        with pytest.raises(OSError, match="in use"):
            ControlSocket(path, lambda want: {})
        assert ask(path) == {}
    finally:
        control.close()


def test_the_folder_must_be_the_users_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = default_path()
    assert path == tmp_path / "sennit" / f"{os.getpid()}.sock"
    path.touch()
    assert find_paths(os.getpid()) == [path]
    (tmp_path / "sennit").chmod(0o755)
    with pytest.raises(PermissionError, match="alone"):
        default_path()


def test_a_snapshot_as_text_has_a_table_of_each(with_scene):
    async def use(scene):
        scene.introspection.begin()
        try:
            return scene.introspection.tell()
        finally:
            scene.introspection.end()

    text = as_text(with_scene(use), most=1)
    for title in ("ports (1)", "connections (2)", "  and 1 more", "deferreds (", "timers (", "loop lag: "):
        assert title in text


def test_metrics_are_in_the_format_of_prometheus(with_scene):
    async def use(scene):
        scene.introspection.begin()
        try:
            resource = MetricsResource(scene.introspection)

            class Request:
                def setHeader(self, name, value):
                    assert (name, value[:10]) == (b"content-type", b"text/plain")

            return resource.render_GET(Request()).decode()
        finally:
            scene.introspection.end()

    lines = with_scene(use).splitlines()
    own = f'pid="{os.getpid()}"'
    assert any(line.startswith(f"sennit_accepted_connections_total{{{own},address=") for line in lines)
    [server] = [line for line in lines if 'side="server"' in line]
    assert server.endswith("} 1")
    assert f'sennit_loop_lag_seconds_bucket{{{own},le="+Inf"}}' in "\n".join(lines)


def test_opentelemetry_observes_the_same(with_scene):
    metrics = pytest.importorskip("opentelemetry.sdk.metrics")
    export_kit = pytest.importorskip("opentelemetry.sdk.metrics.export")
    from sennit.app.introspection.opentelemetry import export

    async def use(scene):
        scene.introspection.begin()
        reader = export_kit.InMemoryMetricReader()
        provider = metrics.MeterProvider(metric_readers=[reader])
        try:
            export(scene.introspection, provider.get_meter("test"))
            return reader.get_metrics_data()
        finally:
            provider.shutdown()
            scene.introspection.end()

    [resource] = with_scene(use).resource_metrics
    [scope] = resource.scope_metrics
    found = {metric.name: metric for metric in scope.metrics}
    assert sum(point.value for point in found["sennit.connections"].data.data_points) == 2
    assert found["sennit.accepted.connections"].data.data_points[0].value == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.0123, "12.3 ms"), (59.94, "59.9 s"), (3661, "1:01:01")]
)
def test_durations_are_readable(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(None, "-"), (12, "12 B"), (2048, "2.0 KiB"), (3 * 2**50, "3072.0 TiB")]
)
def test_octets_are_readable(number, text):
    assert octets(number) == text
