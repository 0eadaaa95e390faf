"""One transfer of a client: its data connection, and the commands that it is for.

A command that says where data goes comes first: PASV or EPSV, after whose answer the client connects, or
PORT or EPRT, before which it listens.  The others wait until that is answered, and are dropped if it is
refused.  The transfer is done when all is answered and the data connection is over, in whatever order.
However else it ends, the data connection is dropped; a command that was sent is left to be answered, and
what is queued behind it is sent after that.

Whichever side connects, the client is the client of TLS (RFC 4217 section 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.errors import TimeoutError
from sennit.core.failure import Failure
from sennit.ftp.client_commands import FTPCommand
from sennit.ftp.client_data import PassiveFactory
from sennit.ftp.client_errors import BadResponse, CommandFailed
from sennit.tls.client import ClientTLSOptions

__all__ = ["AddressCommand", "Transfer"]

# What a server says that does not know a command, or has it for another network protocol.
_UNKNOWN = {500, 501, 502, 504, 522}


def _ignore(_: object) -> None:
    """Leave it: the transfer has failed, and told why."""


class AddressCommand(FTPCommand):
    """The command that says where data goes.

    Args:
        text: Its line; of PORT and EPRT, the verb alone until it is sent.
        protocol: The protocol of the data connection.

    Attributes:
        listening: What waits for the server's connection, a `sennit.ftp.client_data.FTPDataPortFactory`.
    """

    def __init__(self, text: str, protocol: Any) -> None:
        super().__init__(text, 1)
        self.protocol = protocol
        self.listening: Any = None

    def stop_listening(self) -> None:
        """Wait for the server no more."""
        if self.listening is not None:
            port, self.listening.port = self.listening.port, None
            if port is not None:
                port.loseConnection()


class Transfer:
    """A data connection with its commands.

    Args:
        client: The `sennit.ftp.client.FTPClient`.
        commands: The commands' lines.
        data: The protocol of the data connection, a `ProtocolWrapper` or a `SenderProtocol`.
    """

    def __init__(self, client: Any, commands: Iterable[str], data: Any) -> None:
        self.client = client
        self.data = data
        self.connector: Any = None
        self.connected = False
        self._commands = [FTPCommand(text, 1) for text in commands]
        self._address = AddressCommand(client.address_command(), data)
        self._late: Any = None
        self._over = False

    def begin(self) -> Deferred[Any]:
        """Begin.

        Returns:
            A Deferred of ``[(True, replies), (True, address), (True, end)]``: ``(True, lines)`` of each
            command, the lines of the answer to PORT or None, and what the data connection's own Deferred
            fired with.
        """
        self.data.watcher = self
        self.client.transfers.add(self)
        for command in self._commands:
            command.ready = 0
        for command in (self._address, *self._commands):
            self.client.queueCommand(command)
        return Deferred.fromCoroutine(self._run())

    async def _run(self) -> list[tuple[bool, Any]]:
        try:
            address = await self._open()
            for command in self._commands:
                command.ready = 1
            self.client.sendNextCommand()
            replies = [(True, await command.deferred) for command in self._commands]
            if not self.connected and self._late is None:
                self._late = self.client.callLater(self.client.data_timeout, self._too_late)
            ended = await self.data.deferred
        except BaseException:
            self._drop(Failure())
            raise
        finally:
            self._end()
        return [(True, replies), (True, address), (True, ended)]

    async def _open(self) -> list[str] | None:
        client = self.client
        try:
            lines: list[str] = await self._address.deferred
        except CommandFailed as error:
            if self._address.text != "EPSV" or error.code not in _UNKNOWN or not client.can_say_pasv():
                raise
            client.extended_passive = False
            self._address = AddressCommand("PASV", self.data)
            client.actionQueue.insert(0, self._address)
            client.sendNextCommand()
            lines = await self._address.deferred
        if not client.passive:
            return lines
        try:
            host, port = client.data_address(self._address.text, lines[-1])
        except ValueError:
            raise BadResponse(lines) from None
        self.connector = client.connectFactory(host, port, PassiveFactory(self.data))
        return None

    # The data connection

    def data_connected(self, transport: Any) -> bool:
        """Take note that it is there; begin TLS if data is protected."""
        if self._over:
            transport.abortConnection()
            return False
        self.connected = True
        self._stop_waiting()
        client = self.client
        client.resetTimeout()
        context = client.tls_context
        if context is None:
            return False
        if isinstance(context, ClientTLSOptions):
            # Servers tell by the session that both connections are one client's.
            context.resume_from(client.transport)
        transport.startTLS(context, bool(client.passive))
        return True

    def data_moved(self) -> None:
        """Let the client wait anew."""
        self.client.resetTimeout()

    def data_failed(self, reason: Any) -> None:
        """Fail, though the command is not answered yet."""
        self._stop_waiting()
        for deferred in (*[command.deferred for command in self._commands], self.data.deferred):
            if not deferred.called:
                deferred.errback(reason)

    def data_unreachable(self, reason: Any) -> None:
        """Fail, soon: a server that refuses closes its port, and says why at the same time."""
        if self._over:
            return
        self._stop_waiting()
        self._late = self.client.callLater(self.client.answer_grace, lambda: self.data_failed(reason))

    def _too_late(self) -> None:
        self.data_failed(Failure(TimeoutError("The server made no data connection.")))

    def _stop_waiting(self) -> None:
        late, self._late = self._late, None
        if late is not None and late.active():
            late.cancel()

    # The end

    def _drop(self, reason: Failure) -> None:
        self._over = True
        client = self.client
        for command in (self._address, *self._commands):
            command.deferred.addErrback(_ignore)
            if command in client.actionQueue:
                client.actionQueue.remove(command)
        self.data.deferred.addErrback(_ignore)
        if self.connected:
            self.data.transport.abortConnection()
        else:
            if self.connector is not None:
                self.connector.disconnect()
            self.data.abandoned(reason)
        client.sendNextCommand()

    def _end(self) -> None:
        self._over = True
        self._stop_waiting()
        self._address.stop_listening()
        self.client.transfer_ended(self)
