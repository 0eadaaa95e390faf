"""What a reactor is at: read from what is there anyway, when somebody asks.

How many octets a TCP connection has carried is asked of the kernel (tcp(7), ``TCP_INFO``); what waits is
found among the objects that the garbage collector knows.  The latter takes time in proportion to their
number: some milliseconds in a usual server.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket
import struct
import sys
import threading
import time
from collections import Counter
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.driver import CoroutineTask, GeneratorDriver
from sennit.transport.listening import Listening
from sennit.transport.registry import open_things
from sennit.transport.stream import StreamConnection
from sennit.version import __version__

__all__ = ["describe_threads", "process_facts", "take_snapshot"]

# tcpi_bytes_acked and tcpi_bytes_received in struct tcp_info of Linux, since 4.1.
_ACKED_AND_RECEIVED = struct.Struct("=QQ")
_ACKED_AT = 120
_TCP_INFO_SIZE = _ACKED_AT + _ACKED_AND_RECEIVED.size
_LONGEST_NAME = 200
_AWAITING = getattr(Deferred.__await__, "__code__", None)


def take_snapshot(reactor: Any) -> dict[str, Any]:
    """Describe what a reactor is at; to be called in its thread.

    Args:
        reactor: The reactor.

    Returns:
        Lists of dicts of texts and numbers, as JSON has them: ``process``, ``ports``, ``connections``,
        ``deferreds``, ``coroutines``, ``timers`` and ``threads``.  Times are seconds.
    """
    things = dict(open_things(reactor))
    now = time.monotonic()
    return {
        "process": process_facts(reactor),
        "ports": sorted(
            (_port(thing) for thing in things if isinstance(thing, Listening)), key=lambda one: one["address"]
        ),
        "connections": sorted(
            (
                _connection(thing, since, now)
                for thing, since in things.items()
                if isinstance(thing, StreamConnection)
            ),
            key=lambda one: -(one["age"] or 0.0),
        ),
        **_waiting(reactor),
        "timers": _timers(reactor),
        "threads": describe_threads(),
    }


def process_facts(reactor: Any) -> dict[str, Any]:
    """Describe the process itself; this can be called in any thread."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "pid": os.getpid(),
        "command": " ".join(sys.argv),
        "sennit": __version__,
        "python": sys.version.split()[0],
        "loop": f"{type(reactor.loop).__module__}.{type(reactor.loop).__name__}",
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }


def describe_threads() -> list[dict[str, Any]]:
    """Describe the threads and where each is; this can be called in any thread."""
    frames = sys._current_frames()
    found = []
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        where = "" if frame is None else _place(frame.f_code, frame.f_lineno)
        found.append({"name": thread.name, "daemon": thread.daemon, "at": where})
    return found


def _place(code: Any, line: int | None) -> str:
    return f"{code.co_filename}:{line} in {code.co_qualname}"


def _address(address: Any) -> str:
    host = getattr(address, "host", None)
    if host is not None:
        return f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    name = getattr(address, "name", None)
    if name is not None:
        return f"unix:{os.fsdecode(name)}".replace("\0", "@")
    return "" if address is None else type(address).__name__


def _name(thing: Any) -> str:
    """Name a callable or an object for people."""
    call = getattr(thing, "func", thing)
    owner = getattr(call, "__self__", None)
    name = getattr(call, "__qualname__", None)
    if name is None:
        return f"{type(thing).__module__}.{type(thing).__qualname__}"
    if owner is not None and not isinstance(owner, type) and "." in name:
        name = f"{type(owner).__qualname__}.{name.rsplit('.', 1)[1]}"
    return f"{getattr(call, '__module__', None) or ''}.{name}"[-_LONGEST_NAME:]


def _innermost(thing: Any, attribute: str) -> Any:
    while (inner := getattr(thing, attribute, None)) is not None:
        thing = inner
    return thing


def _port(port: Any) -> dict[str, Any]:
    return {
        "kind": port.kind,
        "address": _address(port.getHost()),
        "serves": _name(_innermost(port._served, "wrappedFactory")),
        "accepted": getattr(port, "sessionno", None),
    }


def _connection(connection: Any, begun: float | None, now: float) -> dict[str, Any]:
    received, sent = _octets(connection)
    protocol = _innermost(connection.protocol, "wrappedProtocol")
    carrier = connection._carrier
    return {
        "peer": _address(connection.getPeer()),
        "host": _address(connection.getHost()),
        "side": "client" if connection.is_client else "server",
        "age": None if begun is None else now - begun,
        "received": received,
        "sent": sent,
        "unsent": carrier.get_write_buffer_size() if connection.connected else 0,
        "reading": connection.is_reading,
        "protocol": "" if protocol is None else _name(protocol),
    }


def _octets(connection: Any) -> tuple[int | None, int | None]:
    """Ask the kernel how many octets were received, and how many that we sent have arrived."""
    option = getattr(socket, "TCP_INFO", None)
    sock = connection.socket
    if option is None or sock is None or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return None, None
    try:
        answer = sock.getsockopt(socket.IPPROTO_TCP, option, _TCP_INFO_SIZE)
    except OSError:
        return None, None
    if len(answer) < _TCP_INFO_SIZE:
        return None, None
    acked, received = _ACKED_AND_RECEIVED.unpack_from(answer, _ACKED_AT)
    return received, acked


def _timers(reactor: Any) -> list[dict[str, Any]]:
    now = reactor.seconds()
    calls = sorted(reactor.getDelayedCalls(), key=lambda call: call.getTime())
    return [{"in": max(0.0, call.getTime() - now), "call": _name(call.func)} for call in calls]


def _waiting(reactor: Any) -> dict[str, Any]:
    """Describe the Deferreds that have not fired, and the coroutines that are suspended."""
    deferreds: Counter[tuple[str, str, str]] = Counter()
    coroutines: Counter[tuple[str, str, str]] = Counter()
    driven: list[Any] = []
    for thing in gc.get_objects():
        kind = type(thing)
        if issubclass(kind, Deferred):
            if not thing.called and thing._chain is not None:
                deferreds[_goes_on(thing), _canceller(thing), _made(thing)] += 1
        elif issubclass(kind, GeneratorDriver):
            driven.append(thing)
    for driver in driven:
        _count(coroutines, driver._generator, getattr(driver, "_waits_for", None))
    tasks: set[Any] = asyncio.all_tasks(reactor.loop)
    for task in tasks:
        _count(coroutines, task.get_coro(), getattr(task, "_fut_waiter", None))
    return {
        "deferreds": [
            {"count": count, "goes_on": goes_on, "cancelled_by": canceller, "made": made}
            for (goes_on, canceller, made), count in deferreds.most_common()
        ],
        "coroutines": [
            {"count": count, "name": name, "at": place, "waits_for": awaited}
            for (name, place, awaited), count in coroutines.most_common()
        ],
    }


def _goes_on(deferred: Any) -> str:
    """Name what a Deferred calls first when it fires."""
    chain = deferred._chain
    first = chain[0] if isinstance(chain, list) else chain
    if isinstance(first, tuple):
        first = next((part for part in first if callable(part) or isinstance(part, Deferred)), first)
    if isinstance(first, Deferred):
        return "another Deferred"
    return _waiter(first) or _name(first)


def _waiter(thing: Any) -> str:
    """Name the coroutine or generator that something runs; nothing if it runs none."""
    if isinstance(thing, GeneratorDriver):
        return _code_name(thing._generator)
    return _code_name(thing._coro) if isinstance(thing, CoroutineTask) else ""


def _code_name(coroutine: Any) -> str:
    return str(getattr(coroutine, "__qualname__", type(coroutine).__qualname__))


def _count(coroutines: Counter[tuple[str, str, str]], coroutine: Any, awaited: Any) -> None:
    if coroutine is not None and (place := _suspended(coroutine)):
        coroutines[_code_name(coroutine), place, _awaited(awaited)] += 1


def _canceller(deferred: Any) -> str:
    canceller = deferred._canceller
    return "" if canceller is None or _waiter(canceller) else _name(canceller)


def _made(deferred: Any) -> str:
    """Say where a Deferred was made, which is known while debugging is on."""
    stack = getattr(deferred._info, "_created", None)
    return "" if not stack else stack[-1].strip().split("\n")[0].removeprefix("File ")


def _is_awaiting(code: Any) -> bool:
    """Whether `code` is that of ``Deferred.__await__``, which for compiled code is made up each time."""
    return code is _AWAITING or (_AWAITING is None and code.co_name == "__await__")


def _suspended(coroutine: Any) -> str:
    """Say at which line a coroutine or a generator waits; the innermost of those that wait for each other."""
    place = ""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None or (place and _is_awaiting(frame.f_code)):
            break
        place = _place(frame.f_code, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return place


def _awaited(thing: Any) -> str:
    if thing is None:
        return ""
    if isinstance(thing, Deferred):
        return _canceller(thing) or type(thing).__qualname__
    return type(thing).__qualname__
