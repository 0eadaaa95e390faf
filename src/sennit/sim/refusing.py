"""What a simulated host's loop does not have, and says so."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from sennit.sim.errors import NotSimulatedError

__all__ = ["RefusingLoop"]


def _refuse(what: str, instead: str) -> NoReturn:
    raise NotSimulatedError(f"A simulation has no {what}: {instead}.")


class RefusingLoop(asyncio.AbstractEventLoop):
    """A loop's seldom used methods, each refused with a word on what to use instead."""

    async def connect_read_pipe(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("pipes", "use a UNIX socket within a host")

    async def connect_write_pipe(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("pipes", "use a UNIX socket within a host")

    async def create_datagram_endpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("asyncio datagram endpoints", "use the reactor's listenUDP")

    async def create_unix_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("asyncio UNIX connections", "use the reactor's connectUNIX")

    async def create_unix_server(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("asyncio UNIX servers", "use the reactor's listenUNIX")

    async def sendfile(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("sendfile", "read the file and write it")

    async def sock_accept(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("bare sockets for coroutines", "use the reactor's listenTCP")

    async def sock_recv_into(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("bare sockets for coroutines", "use a protocol")

    async def sock_sendfile(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("sendfile", "read the file and write it")

    async def start_tls(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("TLS of asyncio", "use the transport's startTLS")

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("child processes of asyncio", "give another host a program")

    async def subprocess_shell(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("child processes of asyncio", "give another host a program")

    async def sock_recvfrom(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("bare sockets for coroutines", "use the reactor's listenUDP")

    async def sock_recvfrom_into(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("bare sockets for coroutines", "use the reactor's listenUDP")

    async def sock_sendto(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse."""
        _refuse("bare sockets for coroutines", "use the reactor's listenUDP")
