"""Files on a server, for coroutines: `connect`, and what there is to do with it.

A name and a password are said under TLS only, unless it is asked for otherwise; the certificate is
verified.  Files are sent as they are, by blocks, so one of any size takes a constant amount of memory.  A
download whose data connection was cut is an error, be it that the server says it sent all.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.endpoint import HostnameEndpoint, connectProtocol
from sennit.framing.numbers import parse_decimal
from sennit.ftp.client import FTPClient
from sennit.ftp.client_errors import BadResponse, CommandFailed, ConnectionLost, FTPError
from sennit.ftp.client_moving import LineKeeper, Progress, Receiver, Sending
from sennit.ftp.facts import parsePWDResponse
from sennit.ftp.listing import Entry, FTPFileListProtocol, children, parse_machine_line, parse_timestamp
from sennit.protocol import connectionDone

__all__ = ["RemoteFiles", "connect"]

_LARGEST = (1 << 63) - 1
_UNAVAILABLE = 550


class _Client(FTPClient):
    encoding = "utf-8"
    extended_passive = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.closed: Deferred[None] = Deferred()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        self.closed.callback(None)


@contextlib.asynccontextmanager
async def connect(
    host: str,
    port: int = 21,
    *,
    user: str | None = None,
    password: str | None = None,
    tls: bool | None = None,
    trust_root: Any = None,
    passive: bool = True,
    timeout: float | None = 60,  # noqa: ASYNC109 - of each answer, not of the whole
    endpoint: Any = None,
    reactor: Any = None,
) -> AsyncIterator[RemoteFiles]:
    """Connect to a server and log in; the connection is closed when the block is left.

    Args:
        host: The server's name, which its certificate is verified for, or its address.
        port: Its port.
        user: Who logs in; None for ``anonymous``.
        password: His password.
        tls: Whether to begin TLS before the log-in, and protect data as well (RFC 4217); None to do so if
            a user is given.  A server that can't is left.
        trust_root: Who is trusted to sign certificates, as of `sennit.tls.optionsForClientTLS`; None for
            those that the system trusts.
        passive: Whether this side makes the data connections.
        timeout: Seconds to wait for the connection, for each answer, and for data to move; None for ever.
        endpoint: What connects, if it is not to be the host by its name.
        reactor: What connects; None for the current one.

    Returns:
        An asynchronous context manager that gives `RemoteFiles`.

    Raises:
        CommandFailed: If the server refuses the log-in, or has no TLS.
        ConnectionLost: If the connection is lost meanwhile.
        ConnectError: If there is none.
    """
    if tls is None:
        tls = user is not None
    context = None
    if tls:
        from sennit.tls import optionsForClientTLS

        context = optionsForClientTLS(host, trust_root)
    client = _Client(
        user or "anonymous", password or ("anonymous@" if user is None else None), passive, tls=context
    )
    client.timeout = timeout
    if endpoint is None:
        endpoint = HostnameEndpoint(reactor or current_reactor(), host, port, timeout=timeout or 30)
    await connectProtocol(endpoint, client)
    try:
        yield RemoteFiles(client, await _features(client))
        with contextlib.suppress(FTPError):
            await client.quit()
        client.transport.loseConnection()
    except BaseException:
        client.transport.abortConnection()
        raise
    finally:
        await client.closed


async def _features(client: FTPClient) -> dict[str, str]:
    """Ask what there is beyond RFC 959 (RFC 2389); when that is answered, the log-in is over."""
    try:
        lines = await client.queueStringCommand("FEAT")
    except CommandFailed:
        return {}
    except ConnectionLost as error:
        cause = error.args[-1]
        refused = cause.value if isinstance(cause, Failure) else cause
        if isinstance(refused, CommandFailed):
            raise refused from None
        raise
    features = {}
    for line in lines[1:-1]:
        name, _, parameters = line.strip().partition(" ")
        features[name.upper()] = parameters
    if "UTF8" in features:
        with contextlib.suppress(CommandFailed):
            await client.queueStringCommand("OPTS UTF8 ON")
    return features


class RemoteFiles:
    """The files of a server that somebody has logged in to; `connect` makes it.

    Each method raises `CommandFailed` if the server refuses, and `ConnectionLost` if the connection is gone.
    Methods may be called while others wait; the server is asked one thing at a time.

    Args:
        client: The connection.
        features: What the server offers beyond RFC 959, by name in upper case, each with its parameters.
    """

    def __init__(self, client: FTPClient, features: dict[str, str]) -> None:
        self.client = client
        self.features = features

    async def command(self, line: str) -> list[str]:
        """Send any command that moves no data.

        Returns:
            The lines of the answer.
        """
        lines: list[str] = await self.client.queueStringCommand(line)
        return lines

    async def _ask(self, verb: str, path: str) -> list[str]:
        return await self.command(f"{verb} {self.client.escapePath(path)}" if path else verb)

    # Files

    async def download(
        self,
        path: str,
        target: str | os.PathLike[str] | BinaryIO,
        *,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> int:
        """Receive a file.

        Args:
            path: The file's path on the server.
            target: The path of a file here, or a file that is open for writing; what came stays if it fails.
            resume: Whether to go on where the file here ends, and not begin anew.
            progress: Is told how far it is.

        Returns:
            How many octets the file here has.

        Raises:
            FTPError: If the data connection was cut.
            OSError: If the file here can't be written.
        """
        with _opened(target, "ab" if resume else "wb") as file:
            offset = file.seek(0, os.SEEK_END) if resume else 0
            receiver = Receiver(file.write, offset, progress)
            await receiver.received(self.client.retrieveFile(path, receiver, offset))
            return receiver.count

    async def read(self, path: str, limit: int = 1 << 24) -> bytes:
        """Return what is in a file.

        Args:
            path: The file's path on the server.
            limit: How many octets it may have.

        Raises:
            FTPError: If it has more.
        """
        found = io.BytesIO()

        def write(data: bytes) -> None:
            found.write(data)
            if found.tell() > limit:
                raise FTPError(f"The file has more than {limit} octets.")

        receiver = Receiver(write)
        await receiver.received(self.client.retrieveFile(path, receiver))
        return found.getvalue()

    async def upload(
        self,
        source: str | os.PathLike[str] | BinaryIO,
        path: str,
        *,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> int:
        """Send a file.

        Args:
            source: The path of a file here, or a file that is open for reading.
            path: The file's path on the server.
            resume: Whether to go on where the file there ends, and not begin anew.
            progress: Is told how far it is.

        Returns:
            How many octets the file there has.

        Raises:
            OSError: If the file here can't be read.
        """
        with _opened(source, "rb") as file:
            offset = await self._size_so_far(path) if resume else 0
            if offset:
                file.seek(offset)
            sending = Sending(file, offset, progress)
            name = self.client.escapePath(path)
            await sending.sent(self.client, f"APPE {name}" if offset else f"STOR {name}")
            return sending.count

    async def _size_so_far(self, path: str) -> int:
        try:
            return await self.size(path)
        except CommandFailed as error:
            if error.code != _UNAVAILABLE:
                raise
            return 0

    async def write(self, path: str, data: bytes) -> None:
        """Make a file of octets."""
        await self.upload(io.BytesIO(data), path)

    async def size(self, path: str) -> int:
        """Tell how many octets a file has (RFC 3659 section 4)."""
        return _number(await self._ask("SIZE", path))

    async def modified(self, path: str) -> Any:
        """Tell when a file was changed (RFC 3659 section 3): a `datetime.datetime` of UTC."""
        lines = await self._ask("MDTM", path)
        try:
            return parse_timestamp(lines[-1][4:].strip())
        except ValueError:
            raise BadResponse(lines) from None

    async def remove(self, path: str) -> None:
        """Remove a file."""
        await self._ask("DELE", path)

    async def rename(self, source: str, target: str) -> None:
        """Give a file or a directory another path."""
        await self.client.rename(source, target)

    # Directories

    async def entries(self, path: str = "", limit: int = 100_000) -> list[Entry]:
        """Tell what is in a directory, itself and that above left out.

        Args:
            path: The directory's path; empty for the current one.
            limit: How many files may be told.

        Returns:
            An `Entry` for each; from a server without MLSD with what can be read from a list for people:
            a type, a size and a name.

        Raises:
            FTPError: If there are more, or one's name leads out of the directory.
        """
        try:
            if "MLST" in self.features or "MLSD" in self.features:
                return children(map(parse_machine_line, await self._lines("MLSD", path, limit)))
            reader = FTPFileListProtocol()
            read = map(reader.parseDirectoryLine, await self._lines("LIST", path, limit))
            return children(_entry(info) for info in read if info)
        except ValueError as error:
            raise BadResponse([str(error)]) from None

    async def names(self, path: str = "", limit: int = 100_000) -> list[str]:
        """Tell the names of a directory's files, as the server writes them.

        Args:
            path: The directory's path; empty for the current one.
            limit: How many may be told.
        """
        return await self._lines("NLST", path, limit)

    async def _lines(self, verb: str, path: str, limit: int) -> list[str]:
        reader = LineKeeper(self.client.encoding, limit)
        receiver = Receiver(reader.dataReceived)
        line = f"{verb} {self.client.escapePath(path)}" if path else verb
        await receiver.received(self.client.receiveFromConnection([line], receiver))
        return reader.whole()

    async def directory(self) -> str:
        """Tell the directory that paths begin in."""
        return _path(await self.command("PWD"))

    async def change_directory(self, path: str) -> None:
        """Let paths begin in another directory."""
        await self._ask("CWD", path)

    async def make_directory(self, path: str) -> None:
        """Make a directory."""
        await self._ask("MKD", path)

    async def remove_directory(self, path: str) -> None:
        """Remove a directory."""
        await self._ask("RMD", path)


def _opened(
    file: str | os.PathLike[str] | BinaryIO, mode: str
) -> contextlib.AbstractContextManager[BinaryIO]:
    if isinstance(file, (str, os.PathLike)):
        return cast(BinaryIO, Path(file).open(mode))
    return contextlib.nullcontext(file)


def _number(lines: list[str]) -> int:
    try:
        return parse_decimal(lines[-1][4:].strip(), _LARGEST)
    except ValueError:
        raise BadResponse(lines) from None


def _path(lines: list[str]) -> str:
    path = parsePWDResponse(lines[-1])
    if path is None:
        raise BadResponse(lines)
    return path.replace('""', '"')


def _entry(info: dict[str, Any]) -> Entry:
    kinds = {"d": "dir", "-": "file", "l": "OS.unix=slink"}
    facts = {"type": kinds.get(info["filetype"], "OS.unix=special"), "size": str(info["size"])}
    if facts["type"] == "dir":
        del facts["size"]
    return Entry(info["filename"], facts)
