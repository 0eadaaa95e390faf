"""The client of FTP, as programs use and subclass it: files, directories, and the data connections they take.

The server tells by PASV where to connect, and only the port is believed: a server that could tell the address
as well could have this program connect to any host that it can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.ftp.addresses import decodeExtendedPort, decodeHostPort, encodeExtendedAddress, encodeHostPort
from sennit.ftp.client_commands import FTPClientBasic, FTPCommand
from sennit.ftp.client_data import FTPDataPortFactory, ProtocolWrapper, SenderProtocol
from sennit.ftp.client_errors import CommandFailed
from sennit.ftp.client_transfer import AddressCommand, Transfer
from sennit.ftp.facts import parsePWDResponse

__all__ = ["FTPClient"]


def _connect(
    host: str,
    port: int,
    factory: Any,
    timeout: float = 30.0,
    bindAddress: tuple[str, int] | None = None,
) -> Any:
    return current_reactor().connectTCP(host, port, factory, timeout, bindAddress)


async def _both(begun: Deferred[Any], done: Deferred[Any]) -> tuple[list[str], list[str]]:
    try:
        return await begun, await done
    except BaseException:
        # It failed for the same reason, or was not asked for.
        done.addErrback(lambda _: None)
        done.cancel()
        raise


class FTPClient(FTPClientBasic):
    """A client's side of one control connection, logged in.

    Each method that asks for something returns a Deferred.  It fires with the list of the lines of the
    server's answer, if it is not said otherwise; it fails with `CommandFailed` if the server refuses, and
    with `ConnectionLost` if the connection is gone.  To cancel it gives up what was asked for: a command
    that was not sent yet is not sent, and a transfer is dropped.

    Args:
        username: Who logs in.
        password: His password; None if he needs none.
        passive: Whether this side makes the data connections.
        trustPasvAddr: Whether to connect to the address that the server tells, and not to the server's own.
        tls: The settings of TLS, to begin it before the log-in and protect data as well (RFC 4217); None for
            none.  `sennit.tls.optionsForClientTLS` makes them.

    Attributes:
        connectFactory: Makes the data connection; called as ``reactor.connectTCP`` is.
        extended_passive: Whether EPSV is said in the place of PASV (RFC 2428); over IPv6 it always is.
        data_timeout: Seconds to wait for the server to make the data connection.
        answer_grace: Seconds to wait for the server to say why its port can't be reached.
        transfers: The transfers that are under way.
    """

    connectFactory: Callable[..., Any] = staticmethod(_connect)
    extended_passive: bool = False
    data_timeout: float = 30
    answer_grace: float = 1

    def __init__(
        self,
        username: str = "anonymous",
        password: str | None = "anonymous@",  # noqa: S107 - what anonymous clients say
        passive: Any = 1,
        trustPasvAddr: bool = False,
        *,
        tls: Any = None,
    ) -> None:
        super().__init__()
        self.passive = passive
        self.trust_passive_address = trustPasvAddr
        self.transfers: set[Transfer] = set()
        self.tls_context = tls
        if tls is not None:
            self.queue_tls()
        self.queueLogin(username, password)

    def queueLogin(self, username: str, password: str | None) -> None:
        """Log in before what is queued later, and have files sent as they are."""
        super().queueLogin(username, password)
        kind = FTPCommand("TYPE I")
        kind.deferred.addErrback(self._refused)
        self.queueCommand(kind)

    def fail(self, error: Any) -> None:
        """Close the connection, have all that waits fail, and drop what is being transferred."""
        if self.transport is not None:
            self.transport.loseConnection()
        super().fail(error)
        for transfer in list(self.transfers):
            transfer.data_failed(self._failure)

    # Data connections

    def receiveFromConnection(self, commands: Iterable[str], protocol: Any) -> Deferred[Any]:
        """Have a protocol receive what the server sends.

        Args:
            commands: The lines of commands, of which one has the server send.
            protocol: The protocol; it is connected to the data connection.

        Returns:
            A Deferred that fires, when all is there, with ``[(True, replies), (True, address), (True,
            None)]``; ``replies`` has ``(True, lines)`` of each command, ``address`` is the lines of the
            answer to PORT.
        """
        return Transfer(self, commands, ProtocolWrapper(protocol, Deferred())).begin()

    def sendToConnection(self, commands: Iterable[str]) -> tuple[Deferred[Any], Deferred[Any]]:
        """Send to the server.

        Args:
            commands: The lines of commands, of which one has the server receive.

        Returns:
            A Deferred of a `SenderProtocol`, whose ``finish`` is to be called when all is written; and one
            that fires, when the server has all, as that of `receiveFromConnection` does.  Both fail if there
            is no connection.
        """
        sender = SenderProtocol()
        return sender.connectedDeferred, Transfer(self, commands, sender).begin()

    @property
    def _peer(self) -> str:
        return str(self.transport.getPeer().host)

    def can_say_pasv(self) -> bool:
        """Tell whether PASV has words for the server's address."""
        return ":" not in self._peer.lower().removeprefix("::ffff:")

    def address_command(self) -> str:
        """Return the command that says where data goes; of PORT and EPRT the verb alone."""
        if not self.passive:
            return "PORT"
        if self.extended_passive or (self.transport is not None and not self.can_say_pasv()):
            return "EPSV"
        return "PASV"

    def data_address(self, command: str | None, line: str) -> tuple[str, int]:
        """Return the host and the port to connect to.

        Args:
            command: What was asked, PASV or EPSV.
            line: The last line of the answer.

        Raises:
            ValueError: If there is no address in it.
        """
        if command == "EPSV":
            return self._peer, decodeExtendedPort(line)
        host, port = decodeHostPort(line[4:])
        return (host if self.trust_passive_address else self._peer), port

    def about_to_send(self, command: FTPCommand) -> None:
        """Listen for the data connection, if the command is to tell the server where."""
        if command.text == "PORT" and isinstance(command, AddressCommand):
            self.generatePortCommand(command)

    def generatePortCommand(self, portCmd: Any) -> None:
        """Listen for a data connection, and complete the command that tells the server where.

        Args:
            portCmd: The command; its ``protocol`` is that of the data connection.
        """
        here = self.transport.getHost().host
        factory = portCmd.listening = FTPDataPortFactory()
        factory.protocol = portCmd.protocol
        factory.peerHost = self._peer
        factory.port = current_reactor().listenTCP(0, factory, interface=here)
        port = factory.port.getHost().port
        mapped = here.lower().removeprefix("::ffff:")
        if ":" in mapped:
            portCmd.text = f"EPRT {encodeExtendedAddress(here, port)}"
        else:
            portCmd.text = f"PORT {encodeHostPort(mapped, port)}"

    def answer_received(self) -> None:
        """Wait no longer, unless data is still on its way."""
        if not self.transfers:
            super().answer_received()

    def transfer_ended(self, transfer: Transfer) -> None:
        """Take note that a transfer is over."""
        self.transfers.discard(transfer)
        if not self.transfers and not self._conversation.outstanding:
            self.setTimeout(None)

    # Files

    def escapePath(self, path: str) -> str:
        """Write a path as commands have it: a line feed in a name is sent as NUL (RFC 3659 section 2.2)."""
        return path.replace("\n", "\0")

    def _line(self, verb: str, path: str) -> str:
        return f"{verb} {self.escapePath(path)}" if path else verb

    def retrieveFile(self, path: str, protocol: Any, offset: int = 0) -> Deferred[Any]:
        """Receive a file (RFC 959 section 4.1.3).

        Args:
            path: The file's path.
            protocol: Receives it; its ``connectionLost`` is called when there is no more.
            offset: The octet to begin at (REST).

        Returns:
            A Deferred as that of `receiveFromConnection`.
        """
        return self.receiveFromConnection(self._restarted(offset, "RETR", path), protocol)

    retr = retrieveFile

    def storeFile(self, path: str, offset: int = 0) -> tuple[Deferred[Any], Deferred[Any]]:
        """Send a file.

        Args:
            path: The file's path.
            offset: The octet to begin at (REST).

        Returns:
            Two Deferreds, as those of `sendToConnection`.
        """
        return self.sendToConnection(self._restarted(offset, "STOR", path))

    stor = storeFile

    def _restarted(self, offset: int, verb: str, path: str) -> list[str]:
        line = self._line(verb, path)
        return [f"REST {offset}", line] if offset else [line]

    def list(self, path: str, protocol: Any) -> Deferred[Any]:
        """Receive a list for people, which `FTPFileListProtocol` reads.

        Args:
            path: The directory's path; empty for the current one.
            protocol: Receives it.

        Returns:
            A Deferred as that of `receiveFromConnection`.
        """
        return self.receiveFromConnection([self._line("LIST", path)], protocol)

    def nlst(self, path: str, protocol: Any) -> Deferred[Any]:
        """Receive the names of a directory's files, a line each; otherwise as `list`."""
        return self.receiveFromConnection([self._line("NLST", path)], protocol)

    def removeFile(self, path: str) -> Deferred[Any]:
        """Remove a file."""
        return self.queueStringCommand(self._line("DELE", path))

    def rename(self, pathFrom: str, pathTo: str) -> Deferred[Any]:
        """Give a file or a directory another path.

        Returns:
            A Deferred of the lines of the two answers, to RNFR and to RNTO.
        """
        begun = self.queueStringCommand(self._line("RNFR", pathFrom))
        renamed = FTPCommand(self._line("RNTO", pathTo), 1)
        begun.addErrback(self._not_begun, renamed)
        self.queueCommand(renamed)
        return Deferred.fromCoroutine(_both(begun, renamed.deferred))

    def _not_begun(self, failure: Failure, renamed: FTPCommand) -> Failure:
        # RNTO without its RNFR would be out of order.
        if renamed in self.actionQueue:
            self.actionQueue.remove(renamed)
        return failure

    # Directories

    def cwd(self, path: str) -> Deferred[Any]:
        """Let paths begin in another directory."""
        return self.queueStringCommand(self._line("CWD", path))

    def cdup(self) -> Deferred[Any]:
        """Let paths begin in the directory above."""
        return self.queueStringCommand("CDUP")

    def pwd(self) -> Deferred[Any]:
        """Ask in which directory paths begin; `getDirectory` takes it out of the answer."""
        return self.queueStringCommand("PWD")

    def getDirectory(self) -> Deferred[Any]:
        """Return a Deferred of the directory that paths begin in."""
        return self.pwd().addCallback(self._directory)

    @staticmethod
    def _directory(lines: Any) -> str:
        path = parsePWDResponse(lines[-1].partition(" ")[2])
        if path is None:
            raise CommandFailed(lines)
        return path

    def makeDirectory(self, path: str) -> Deferred[Any]:
        """Make a directory."""
        return self.queueStringCommand(self._line("MKD", path))

    def removeDirectory(self, path: str) -> Deferred[Any]:
        """Remove a directory."""
        return self.queueStringCommand(self._line("RMD", path))

    def quit(self) -> Deferred[Any]:
        """Say good-bye; the server closes the connection."""
        return self.queueStringCommand("QUIT")
