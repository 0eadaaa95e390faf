"""Commands that move data: RETR, STOR, APPE, STOU, LIST, NLST, MLSD, and REST and ABOR beside them.

A file is opened before the data connection is waited for, so a client hears at once if there is none.  The
reply that all is well is sent when the data connection has ended as it should, and not before: a client that
hears it has all, or has sent all.
"""

from __future__ import annotations

import contextlib
import fnmatch
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from sennit.core.deferred import CancelledError, Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.ftp import replies
from sennit.ftp.data import ASCIIConsumerWrapper, TextConsumer
from sennit.ftp.data_channel import DataChannel
from sennit.ftp.events import Reply
from sennit.ftp.facts import FACT_KEYS, FACTS, LIST_KEYS, machine_line
from sennit.ftp.interfaces import IResumableFile, IResumableShell
from sennit.ftp.paths import as_octets, as_text, refusal_of, toSegments
from sennit.ftp.refusals import (
    BadCmdSequenceError,
    CmdArgSyntaxError,
    CmdNotImplementedForArgError,
    DataConnectionError,
    FileNotFoundError,
    FTPCmdError,
    InvalidPath,
    IsNotADirectoryError,
    PolicyError,
    TransferAbortedError,
)
from sennit.ftp.serializer import printable
from sennit.log import Logger

__all__ = ["Transfers", "is_pattern"]

_log = Logger()

_LARGEST = (1 << 63) - 1


class Transfers(DataChannel):
    """A control connection whose user has files.

    Attributes:
        shell: The user's files, an `IFTPShell`.
        workingDirectory: The names from the root to the directory that paths begin in.
        binary: Whether files are sent as they are, and not as text.
    """

    shell: Any = None
    workingDirectory: Any
    binary: bool = True
    facts: tuple[str, ...] = FACTS
    _restart = 0
    _transfer: Deferred[Any] | None = None

    def _segments(self, path: str) -> list[str]:
        try:
            return toSegments(self.workingDirectory, path)
        except InvalidPath:
            raise FileNotFoundError(path) from None

    def _begin_transfer(
        self, verb: str, move: Callable[[int], Coroutine[Deferred[Any], Any, str]]
    ) -> Deferred[Any]:
        offset, self._restart = self._restart, 0
        if self.dtpFactory is None:
            raise BadCmdSequenceError(f"PORT, PASV, EPRT, or EPSV required before {verb}")
        if self.require_tls and not self._protected:
            raise PolicyError(522, "Data is protected here: say PROT P.")
        transfer = self._transfer = Deferred.fromCoroutine(move(offset))
        return transfer.addBoth(self._transferred)

    def _transferred(self, result: Any) -> Any:
        self._transfer = None
        self.cleanupDTP()
        return result

    @staticmethod
    async def _opened(path: str, opening: Callable[..., Any], *arguments: Any) -> Any:
        """Open a file; what goes wrong here is no more to the client than that there is none."""
        try:
            return await maybeDeferred(opening, *arguments)
        except (FTPCmdError, CancelledError):
            raise
        except Exception:
            _log.failure("A file could not be opened for an FTP client.")
            raise FileNotFoundError(path) from None

    async def _data_connection(self) -> Any:
        """Wait for the data connection, and say that it begins."""
        factory = self.dtpFactory
        instance = self.dtpInstance
        if instance is not None and instance.isConnected:
            self.reply(replies.DATA_CNX_ALREADY_OPEN_START_XFR)
        else:
            self.reply(replies.FILE_STATUS_OK_OPEN_DATA_CNX)
            try:
                await _fired(factory.deferred)
            except CancelledError:
                raise
            except Exception:
                raise DataConnectionError from None
            instance = self.dtpInstance
        if instance is None:
            raise DataConnectionError
        return instance

    # Files

    def ftp_RETR(self, path: str) -> Deferred[Any]:
        """Send a file (RFC 959 section 4.1.3)."""
        return self._begin_transfer("RETR", lambda offset: self._retrieve(path, offset))

    async def _retrieve(self, path: str, offset: int) -> str:
        reader = await self._opened(path, self.shell.openForReading, self._segments(path))
        try:
            if offset:
                resumable = IResumableFile(reader, None)
                if resumable is None or not self.binary:
                    raise CmdNotImplementedForArgError("REST")
                resumable.seek(offset)
            data = await self._data_connection()
            sent = reader.send(data if self.binary else ASCIIConsumerWrapper(data))
        except BaseException:
            if hasattr(reader, "close"):
                reader.close()
            raise
        await _moved(sent, data)
        await data.finish()
        return replies.TXFR_COMPLETE_OK

    def ftp_STOR(self, path: str) -> Deferred[Any]:
        """Receive a file (section 4.1.3)."""
        return self._begin_transfer("STOR", lambda offset: self._store(path, offset or -1))

    def ftp_APPE(self, path: str) -> Deferred[Any]:
        """Receive the rest of a file (section 4.1.3)."""
        return self._begin_transfer("APPE", lambda _: self._store(path, None))

    def ftp_STOU(self, path: str = "") -> Deferred[Any]:
        """Receive a file under a name that no other has (section 4.1.3, RFC 1123 section 4.1.2.9)."""
        directory = self._segments(path)[:-1] if path else list(self.workingDirectory)
        name = f"{path.rpartition('/')[2] or 'file'}.{secrets.token_hex(6)}"
        return self._begin_transfer(
            "STOU", lambda _: self._store("/" + "/".join([*directory, name]), -1, name)
        )

    async def _store(self, path: str, offset: int | None, named: str = "") -> str:
        segments = self._segments(path)
        if offset == -1:
            file = await self._opened(path, self.shell.openForWriting, segments)
        else:
            shell = IResumableShell(self.shell, None)
            if shell is None or not self.binary:
                raise CmdNotImplementedForArgError("REST")
            file = await self._opened(path, shell.openForResuming, segments, offset)
        try:
            if named:
                self.send_reply(Reply(150, (f"FILE: {printable(named)}",)))
            data = await self._data_connection()
            consumer = await _moved(maybeDeferred(file.receive))
            received = data.registerConsumer(consumer if self.binary else TextConsumer(consumer))
            await _moved(received, data)
        except BaseException:
            # What has come is kept: the client may go on from there.  It hears of the first error.
            with contextlib.suppress(Exception):
                await file.close()
            raise
        await file.close()
        return replies.TXFR_COMPLETE_OK

    def ftp_REST(self, marker: str) -> Any:
        """Let the next transfer begin further on (RFC 3659 section 5)."""
        try:
            self._restart = parse_decimal(marker, _LARGEST)
        except NumberError:
            raise CmdArgSyntaxError(marker) from None
        return Reply(350, (f"Restarting at {self._restart}. Send STOR or RETR to begin.",))

    def ftp_ABOR(self) -> Any:
        """End the transfer that is under way (RFC 959 section 4.1.3)."""
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            transfer.cancel()
        self.cleanupDTP()
        return replies.CLOSING_DATA_CNX

    # Lists

    def ftp_LIST(self, path: str = "") -> Deferred[Any]:
        """Send a list for people (section 4.1.3)."""
        # Clients of old add options of ls.
        words = [word for word in path.split(" ") if word] if path.startswith("-") else [path]
        while words and words[0].startswith("-"):
            words.pop(0)
        return self._begin_transfer("LIST", lambda _: self._list(" ".join(words)))

    async def _list(self, path: str) -> str:
        found = await self.shell.list(self._segments(path), LIST_KEYS)
        data = await self._data_connection()
        lines = _Lines(data, found, lambda each: data.sendListResponse(*each))
        return await self._send_lines(data, lines)

    def ftp_NLST(self, path: str = "") -> Deferred[Any]:
        """Send the names of files, of all or of those that a pattern tells (section 4.1.3)."""
        if path.split(" ", maxsplit=1)[0] in {"-a", "-l", "-la", "-al"}:
            path = path.partition(" ")[2]
        return self._begin_transfer("NLST", lambda _: self._names(path))

    async def _names(self, path: str) -> str:
        segments = self._segments(path)
        pattern = segments.pop() if is_pattern(segments) else None
        try:
            found = [name for name, _ in await self.shell.list(segments, ())]
        except FileNotFoundError:
            found = []
        if pattern is not None:
            found = [name for name in found if fnmatch.fnmatchcase(as_text(name), pattern)]
        data = await self._data_connection()
        lines = _Lines(data, found, lambda name: data.sendLine(as_octets(printable(as_text(name)))))
        return await self._send_lines(data, lines)

    def ftp_MLSD(self, path: str = "") -> Deferred[Any]:
        """Send a list for programs (RFC 3659 section 7)."""
        return self._begin_transfer("MLSD", lambda _: self._machine_list(path))

    async def _machine_list(self, path: str) -> str:
        segments = self._segments(path)
        [directory] = await self.shell.stat(segments, ("directory",))
        if not directory:
            raise IsNotADirectoryError(path)
        found = await self.shell.list(segments, FACT_KEYS)
        data = await self._data_connection()
        wanted = self.facts

        def write(each: tuple[str, Any]) -> None:
            data.sendLine(as_octets(machine_line(as_text(each[0]), each[1], wanted)))

        return await self._send_lines(data, _Lines(data, found, write))

    async def _send_lines(self, data: Any, lines: _Lines) -> str:
        await _moved(lines.begin(), data)
        await data.finish()
        return replies.TXFR_COMPLETE_OK

    def ftp_MLST(self, path: str = "") -> Deferred[Any]:
        """Tell of one file what MLSD tells (RFC 3659 section 7)."""
        return Deferred.fromCoroutine(self._machine_line(path))

    async def _machine_line(self, path: str) -> Reply:
        segments = self._segments(path)
        values = await self.shell.stat(segments, FACT_KEYS)
        line = machine_line("/" + "/".join(segments), values, self.facts)
        return Reply(250, ("Listing", line, "End"))

    def connectionLost(self, reason: Any = None) -> None:
        """End the transfer that is under way."""
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            transfer.cancel()
        self.cleanupDTP()


def is_pattern(segments: Sequence[str] = ()) -> bool:
    """Tell whether the last name of a path stands for several."""
    return bool(segments) and any(mark in segments[-1] for mark in "*?[")


class _Lines:
    """Writes lines to a data connection at its pace; a pull producer.

    Args:
        data: The connection.
        found: What there is a line for, each.
        write: Writes one's.
    """

    def __init__(self, data: Any, found: Any, write: Callable[[Any], object]) -> None:
        self._data = data
        self._found = iter(found)
        self._write = write
        self._done: Deferred[None] = Deferred()

    def begin(self) -> Deferred[None]:
        self._data.registerProducer(self, False)
        return self._done

    def resumeProducing(self) -> None:
        for _ in range(128):
            each = next(self._found, self)
            if each is self:
                self._data.unregisterProducer()
                self._end(lambda done: done.callback(None))
                return
            try:
                self._write(each)
            except Exception:
                self._data.unregisterProducer()
                failure = Failure()
                self._end(lambda done, failure=failure: done.errback(failure))  # type: ignore[misc]
                return

    def stopProducing(self) -> None:
        self._end(lambda done: done.errback(TransferAbortedError()))

    def _end(self, tell: Callable[[Deferred[None]], object]) -> None:
        if not self._done.called:
            tell(self._done)


def _fired(deferred: Deferred[Any]) -> Deferred[Any]:
    """Return a Deferred that fires with another, and leaves that its result."""
    mirror: Deferred[Any] = Deferred()

    def succeed(result: Any) -> Any:
        if not mirror.called:
            mirror.callback(result)
        return result

    def fail(failure: Any) -> None:
        if not mirror.called:
            mirror.errback(failure)

    deferred.addCallbacks(succeed, fail)
    return mirror


async def _moved(moving: Awaitable[Any], data: Any = None) -> Any:
    """Wait until data has moved.

    An error is the program's, and logged, if the connection has not caused it; the client hears of it what a
    refusal says, or that the transfer is over.
    """
    try:
        return await moving
    except (TransferAbortedError, CancelledError):
        raise
    except Exception as error:
        # A transport stops its producer just before it tells of its end.
        if data is None or (data.isConnected and getattr(data.transport, "connected", True)):
            _log.failure("A transfer with an FTP client was broken off.")
        if isinstance(error, FTPCmdError):
            raise
        refusal = refusal_of(error, "") if isinstance(error, OSError) else None
        raise (refusal or TransferAbortedError()) from None
