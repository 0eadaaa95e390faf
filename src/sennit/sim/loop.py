"""One host's event loop: an asyncio loop whose time and turns the simulation gives.

Everything that programs use of a loop is here, on virtual time and the simulated network: calls, timers,
tasks, streams, datagrams through descriptors, names, work for threads.  What cannot be simulated says so
when asked.

A turn makes the calls that were asked for before it began, as a turn of asyncio's own loop does.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from sennit.core.current import enter_reactor, leave_reactor
from sennit.sim.carriers import StreamCarrier
from sennit.sim.errors import NotSimulatedError
from sennit.sim.refusing import RefusingLoop
from sennit.sim.scheduler import Timer
from sennit.sim.sockets import SimulatedSocket, StreamSocket, new_socket

if TYPE_CHECKING:
    from sennit.sim.host import Host
    from sennit.sim.processes import SimulatedProcess

__all__ = ["HostLoop"]

_Ts = TypeVarTuple("_Ts")
_T = TypeVar("_T")

# When the simulation begins, on the wall clock of a host without skew: an hour that is easy to recognize.
EPOCH = 1_000_000_000.0


class _TimerHandle(asyncio.TimerHandle):
    """A timer of asyncio, and ours for it."""

    __slots__ = ("timer",)
    timer: Timer | None


class _Watched:
    """A descriptor that somebody watches."""

    __slots__ = ("asked", "reader", "sock", "writer")

    def __init__(self, sock: SimulatedSocket) -> None:
        self.sock = sock
        self.reader: asyncio.Handle | None = None
        self.writer: asyncio.Handle | None = None
        self.asked = False


class HostLoop(RefusingLoop):
    """The loop of a host.

    Args:
        host: The host.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.scheduler = host.network.scheduler
        self.reactor: Any = None
        self._ready: deque[asyncio.Handle] = deque()
        self._has_turn = False
        self._closed = False
        self._debug = False
        self._handler: Callable[[Any, dict[str, Any]], object] | None = None
        self._task_factory: Any = None
        self._watched: dict[int, _Watched] = {}
        self._signals: dict[int, tuple[Callable[..., object], tuple[Any, ...]]] = {}
        self.tasks: list[asyncio.Task[Any]] = []

    # Turns

    def turn(self) -> None:
        """Make the calls that were asked for so far; the scheduler calls this."""
        self._has_turn = False
        self.within(self._run_ready)
        if self._ready and not self._has_turn and not self._closed:
            self._has_turn = True
            self.scheduler.has_turn(self)

    def _run_ready(self) -> None:
        ready = self._ready
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
            if self._closed:
                break

    def within(self, function: Callable[..., Any], *args: Any) -> Any:
        """Make a call at once, as if this loop made it."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        if self.reactor is not None:
            enter_reactor(self.reactor)
        try:
            return function(*args)
        finally:
            if self.reactor is not None:
                leave_reactor(self.reactor)
            asyncio._set_running_loop(outer)

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Any = None
    ) -> asyncio.Handle:
        """Have a call made in the next turn."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self._closed:
            self._add(handle)
        return handle

    def _add(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)
        if not self._has_turn:
            self._has_turn = True
            self.scheduler.has_turn(self)

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Any = None
    ) -> asyncio.Handle:
        """Have a call made in the next turn: there are no other threads."""
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Any = None
    ) -> asyncio.TimerHandle:
        """Have a call made some seconds from now."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Any = None
    ) -> asyncio.TimerHandle:
        """Have a call made at a time."""
        handle = _TimerHandle(when, callback, args, self, context)
        handle.timer = None if self._closed else self.scheduler.call_at(when, self._due, handle)
        return handle

    def _due(self, handle: _TimerHandle) -> None:
        handle.timer = None
        if not self._closed:
            self._add(handle)

    def _timer_handle_cancelled(self, handle: _TimerHandle) -> None:
        if handle.timer is not None:
            handle.timer.cancel()
            handle.timer = None

    def time(self) -> float:
        """Return the virtual time: seconds since the simulation began."""
        return self.scheduler.now

    def wall_time(self) -> float:
        """Return what this host takes for the time of day."""
        return EPOCH + self.scheduler.now * self.host.clock_rate + self.host.clock_skew

    # Tasks

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None, **kwargs: Any) -> Any:
        """Run a coroutine."""
        if self._task_factory is not None:
            return self._task_factory(self, coro, context=context)
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        if len(self.tasks) > 64:
            self.tasks = [task for task in self.tasks if not task.done()]
        self.tasks.append(task)
        return task

    def set_task_factory(self, factory: Any) -> None:
        """Say what makes tasks."""
        self._task_factory = factory

    def get_task_factory(self) -> Any:
        """Return what makes tasks."""
        return self._task_factory

    # Life

    def is_running(self) -> bool:
        """Say yes: the simulation runs it."""
        return not self._closed

    def is_closed(self) -> bool:
        """Tell whether the host is gone."""
        return self._closed

    def run_forever(self) -> None:
        """Refuse: the simulation runs it."""
        raise NotSimulatedError("The simulation runs this loop: give it what to run by host.run(...).")

    def run_until_complete(self, future: Any) -> Any:
        """Refuse: the simulation runs it."""
        self.run_forever()

    def stop(self) -> None:
        """End this host, as a process ends."""
        self.host.stop()

    def close(self) -> None:
        """Make no calls any more."""
        self._closed = True
        self._ready.clear()
        self._watched.clear()

    async def shutdown_asyncgens(self) -> None:
        """Do nothing."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as in asyncio
        """Do nothing."""

    def get_debug(self) -> bool:
        """Tell whether it is asked to debug."""
        return self._debug

    def set_debug(self, enabled: bool) -> None:
        """Ask it to debug; there is nothing that it would do."""
        self._debug = enabled

    def get_exception_handler(self) -> Any:
        """Return what hears of errors that nobody took."""
        return self._handler

    def set_exception_handler(self, handler: Any) -> None:
        """Say what hears of errors that nobody took; the simulation hears of them too."""
        self._handler = handler

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Have the simulation remember an error."""
        self.host.failed(context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell of an error that nobody took."""
        if self._handler is None:
            self.default_exception_handler(context)
        else:
            self._handler(self, context)

    def add_signal_handler(self, sig: int, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Have a call made when the host is sent a signal, by `Host.signal`."""
        self._signals[sig] = callback, args

    def remove_signal_handler(self, sig: int) -> bool:
        """Take a signal's handler away."""
        return self._signals.pop(sig, None) is not None

    def signal(self, number: int) -> bool:
        """Have a signal's handler called.

        Returns:
            Whether there is one.
        """
        found = self._signals.get(number)
        if found is not None:
            self.call_soon(found[0], *found[1])
        return found is not None

    # Threads and names

    def run_in_executor(self, executor: Any, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Do work as a thread would, at a time that the seed chooses, while nothing else happens."""
        future = self.create_future()
        self.host.work(lambda: _finish(future, func, args))
        return future

    def set_default_executor(self, executor: Any) -> None:
        """Do nothing: all work is done in the same way."""

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Look a host up by its name."""
        await asyncio.sleep(self.host.lookup_time())
        return self.host.addresses_of(host, port, family, type, proto)

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        """Look an address up."""
        owner = self.host.network.owner(sockaddr[0])
        return (sockaddr[0] if owner is None else owner.name), str(sockaddr[1])

    # Processes and descriptors

    def spawn_process(self, protocol: Any, executable: Any, args: Sequence[Any]) -> SimulatedProcess:
        """Start one of the programs that the host has.

        Raises:
            FileNotFoundError: If it has none of this name.
        """
        return self.host.spawn(protocol, executable, args)

    def new_socket(self, family: int, kind: int, proto: int = 0) -> SimulatedSocket:
        """Make a socket of this host."""
        return new_socket(self, family, kind, proto)

    def _watch(self, fd: Any) -> _Watched:
        number = fd if isinstance(fd, int) else fd.fileno()
        watched = self._watched.get(number)
        if watched is None:
            sock = self.host.kernel.sockets.get(number)
            if sock is None:
                raise NotSimulatedError(
                    f"The descriptor {number} is none of the simulated host {self.host.name!r}."
                )
            watched = self._watched[number] = _Watched(sock)
        return watched

    def add_reader(self, fd: Any, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Watch a descriptor for something to read."""
        watched = self._watch(fd)
        watched.reader = asyncio.Handle(callback, args, self)
        self._ask(watched)

    def add_writer(self, fd: Any, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Watch a descriptor for room to write."""
        watched = self._watch(fd)
        watched.writer = asyncio.Handle(callback, args, self)
        self._ask(watched)

    def remove_reader(self, fd: Any) -> bool:
        """Watch it no more."""
        return self._unwatch(fd, "reader")

    def remove_writer(self, fd: Any) -> bool:
        """Watch it no more."""
        return self._unwatch(fd, "writer")

    def _unwatch(self, fd: Any, what: str) -> bool:
        number = fd if isinstance(fd, int) else fd.fileno()
        watched = self._watched.get(number)
        if watched is None or getattr(watched, what) is None:
            return False
        setattr(watched, what, None)
        if watched.reader is None and watched.writer is None:
            del self._watched[number]
        return True

    def forget(self, number: int) -> None:
        """Hear that a socket was closed."""
        self._watched.pop(number, None)

    def socket_changed(self, number: int) -> None:
        """Hear that there may be something to read from a socket, or room to write."""
        watched = self._watched.get(number)
        if watched is not None:
            self._ask(watched)

    def _ask(self, watched: _Watched) -> None:
        if not watched.asked and not self._closed:
            watched.asked = True
            self.call_soon(self._look, watched)

    def _look(self, watched: _Watched) -> None:
        watched.asked = False
        sock = watched.sock
        called = False
        if watched.reader is not None and sock.readable:
            called = True
            watched.reader._run()
        if watched.writer is not None and sock.writable:
            called = True
            watched.writer._run()
        if called and self._watched.get(sock.fileno()) is watched:
            self._ask(watched)

    # Streams

    async def connect_accepted_socket(self, protocol_factory: Any, sock: Any, **kwargs: Any) -> Any:
        """Carry a connected socket."""
        return self._carry(sock, protocol_factory())

    def _carry(self, sock: StreamSocket, protocol: Any) -> tuple[StreamCarrier, Any]:
        carrier = StreamCarrier(self, sock, protocol)
        carrier.begin()
        return carrier, protocol

    async def create_server(
        self,
        protocol_factory: Any,
        host: Any = None,
        port: int | None = None,
        *,
        sock: Any = None,
        backlog: int = 100,
        start_serving: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Listen."""
        if sock is None:
            family = socket.AF_INET6 if host and ":" in host else socket.AF_INET
            sock = self.new_socket(family, socket.SOCK_STREAM)
            sock.bind((host or "", port or 0))
        server = _Server(self, sock, protocol_factory, backlog)
        if start_serving:
            await server.start_serving()
        return server

    async def create_connection(
        self,
        protocol_factory: Any,
        host: Any = None,
        port: Any = None,
        *,
        sock: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Connect."""
        if kwargs.get("ssl"):
            raise NotSimulatedError("Use Sennit's own TLS in a simulation: it works over any transport.")
        if sock is None:
            found = await self.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            family, _, _, _, address = found[0]
            sock = self.new_socket(family, socket.SOCK_STREAM)
            await self.sock_connect(sock, address)
        return self._carry(sock, protocol_factory())

    async def sock_connect(self, sock: Any, address: Any) -> None:
        """Connect a socket."""
        code = sock.connect_ex(address)
        if code == 0:
            return
        await self._writable(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            from sennit.sim.kernel import failure

            sock.close()
            raise failure(error)

    async def sock_recv(self, sock: Any, nbytes: int) -> bytes:
        """Read from a socket as soon as there is something."""
        while True:
            try:
                data: bytes = sock.recv(nbytes)
            except BlockingIOError:
                waiting = self.create_future()
                self.add_reader(sock, _set_done, waiting)
                try:
                    await waiting
                finally:
                    self.remove_reader(sock)
            else:
                return data

    async def sock_sendall(self, sock: Any, data: Any) -> None:
        """Write all to a socket."""
        rest = bytes(data)
        while rest:
            await self._writable(sock)
            rest = rest[sock.send(rest) :]

    async def _writable(self, sock: Any) -> None:
        waiting = self.create_future()
        self.add_writer(sock, _set_done, waiting)
        try:
            await waiting
        finally:
            self.remove_writer(sock)


def _set_done(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _finish(future: asyncio.Future[Any], func: Any, args: Sequence[Any]) -> None:
    if future.cancelled():
        return
    try:
        result = func(*args)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class _Server(asyncio.AbstractServer):
    """What accepts on a listening socket."""

    def __init__(self, loop: HostLoop, sock: StreamSocket, factory: Any, backlog: int) -> None:
        self._loop = loop
        self._socket = sock
        self._factory = factory
        self._backlog = backlog
        self._serving = False

    @property
    def sockets(self) -> list[StreamSocket]:
        """The listening socket."""
        return [self._socket] if self._socket.fileno() >= 0 else []

    def get_loop(self) -> HostLoop:
        """Return the loop."""
        return self._loop

    def is_serving(self) -> bool:
        """Tell whether it accepts."""
        return self._serving

    async def start_serving(self) -> None:
        """Accept."""
        if not self._serving:
            self._serving = True
            self._socket.listen(self._backlog)
            self._loop.add_reader(self._socket, self._ready)

    async def serve_forever(self) -> None:
        """Accept until this is cancelled."""
        await self.start_serving()
        await self._loop.create_future()

    def _ready(self) -> None:
        while self._serving:
            try:
                connected, _ = self._socket.accept()
            except BlockingIOError:
                return
            StreamCarrier(self._loop, connected, self._factory()).begin()

    def close(self) -> None:
        """Accept no more."""
        if self._socket.fileno() >= 0:
            self._serving = False
            self._socket.close()

    async def wait_closed(self) -> None:
        """Do nothing: it is closed at once."""
