"""One-call ways to run a program and get what it prints, its exit code, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, fail
from sennit.core.errors import ProcessExitedAlready, ProcessTerminated
from sennit.core.failure import Failure
from sennit.process.starting import Argument
from sennit.protocol import ProcessProtocol

__all__ = ["UnexpectedErrorOutput", "getProcessOutput", "getProcessOutputAndValue", "getProcessValue"]

_T = TypeVar("_T")


class UnexpectedErrorOutput(IOError):
    """A program wrote to its standard error, which was not asked for.

    Args:
        text: What it wrote first.
        processEnded: A Deferred that fails with the reason of the program's end, when that has come.
    """

    def __init__(self, text: bytes, processEnded: Deferred[Any]) -> None:
        super().__init__(f"got stderr: {text!r}")
        self.processEnded = processEnded


class _Collector(ProcessProtocol, Generic[_T]):
    """Collects what a program does, until its end fires `result`."""

    def __init__(self, stdin: bytes | None = None) -> None:
        self.result: Deferred[_T] = Deferred(self._cancelled)
        self.out: list[bytes] = []
        self.err: list[bytes] = []
        self._stdin = stdin

    def connectionMade(self) -> None:
        if self._stdin is not None:
            self.transport.writeToChild(0, self._stdin)
            self.transport.closeStdin()

    def _cancelled(self, result: Deferred[_T]) -> None:
        """Nobody waits for the program any more: end it."""
        self._drop_output()
        try:
            self.transport.signalProcess("TERM")
        except ProcessExitedAlready:
            return

    def _drop_output(self) -> None:
        self.out, self.err = [], []
        self.outReceived = self.errReceived = _ignore  # type: ignore[method-assign]


def _ignore(data: bytes) -> None:
    """Take no more of what the program writes."""


class _Output(_Collector[bytes]):
    """For `getProcessOutput`."""

    def __init__(self, *, with_errors: bool) -> None:
        super().__init__()
        self._with_errors = with_errors
        self._ended: Deferred[Any] | None = None

    def outReceived(self, data: bytes) -> None:
        self.out.append(data)

    def errReceived(self, data: bytes) -> None:
        if self._with_errors:
            self.out.append(data)
        else:
            self._ended = Deferred()
            self._drop_output()
            self.transport.loseConnection()
            self.result.errback(Failure(UnexpectedErrorOutput(data, self._ended)))

    def processEnded(self, reason: Failure) -> None:
        if self._ended is not None:
            self._ended.errback(reason)
        elif not self.result.called:
            self.result.callback(b"".join(self.out))


class _Value(_Collector[int]):
    """For `getProcessValue`."""

    def processEnded(self, reason: Failure) -> None:
        if not self.result.called:
            self.result.callback(reason.value.exitCode)


class _Both(_Collector[tuple[bytes, bytes, int]]):
    """For `getProcessOutputAndValue`."""

    def outReceived(self, data: bytes) -> None:
        self.out.append(data)

    def errReceived(self, data: bytes) -> None:
        self.err.append(data)

    def processEnded(self, reason: Failure) -> None:
        if self.result.called:
            return
        out, err = b"".join(self.out), b"".join(self.err)
        ended = reason.value
        if isinstance(ended, ProcessTerminated) and ended.signal is not None:
            # The reason is a tuple where programs look for one.
            self.result.errback(Failure((out, err, ended.signal)))
        else:
            self.result.callback((out, err, ended.exitCode))


def _run(
    protocol: _Collector[_T],
    executable: Argument,
    args: Sequence[Argument],
    env: Mapping[Any, Any] | None,
    path: Argument | None,
    reactor: Any,
) -> Deferred[_T]:
    if reactor is None:
        reactor = current_reactor()
    try:
        reactor.spawnProcess(protocol, executable, (executable, *args), env, path)
    except OSError:
        return fail(Failure())
    return protocol.result


def getProcessOutput(
    executable: Argument,
    args: Sequence[Argument] = (),
    env: Mapping[Any, Any] | None = {},
    path: Argument | None = None,
    reactor: Any = None,
    errortoo: bool = False,
) -> Deferred[bytes]:
    """Run a program and give what it prints.

    Args:
        executable: The program.
        args: Its arguments, without ``argv[0]``.
        env: Its environment; None for ours.
        path: Its working folder; None for ours.
        reactor: The reactor; by default the current one.
        errortoo: Whether what it writes to its standard error is part of the output, as it comes.  If not, a
            program that writes there is a failure, and its output is closed.

    Returns:
        A Deferred that fires with the output, whatever the exit code; or fails with `UnexpectedErrorOutput`,
        or an `OSError` if the program cannot be run.  Cancelling it ends the program (SIGTERM).
    """
    return _run(_Output(with_errors=bool(errortoo)), executable, args, env, path, reactor)


def getProcessValue(
    executable: Argument,
    args: Sequence[Argument] = (),
    env: Mapping[Any, Any] | None = {},
    path: Argument | None = None,
    reactor: Any = None,
) -> Deferred[int]:
    """Run a program and give its exit code; what it prints is dropped.

    Args:
        executable: The program.
        args: Its arguments, without ``argv[0]``.
        env: Its environment; None for ours.
        path: Its working folder; None for ours.
        reactor: The reactor; by default the current one.

    Returns:
        A Deferred that fires with the exit code, or None if a signal ended it; or fails with an `OSError` if
        the program cannot be run.  Cancelling it ends the program (SIGTERM).
    """
    return _run(_Value(), executable, args, env, path, reactor)


def getProcessOutputAndValue(
    executable: Argument,
    args: Sequence[Argument] = (),
    env: Mapping[Any, Any] | None = {},
    path: Argument | None = None,
    reactor: Any = None,
    stdinBytes: bytes | None = None,
) -> Deferred[tuple[bytes, bytes, int]]:
    """Run a program and give what it prints, what it complains about, and its exit code.

    Args:
        executable: The program.
        args: Its arguments, without ``argv[0]``.
        env: Its environment; None for ours.
        path: Its working folder; None for ours.
        reactor: The reactor; by default the current one.
        stdinBytes: Its standard input; by default none, which stays open.

    Returns:
        A Deferred that fires with ``(output, errors, exit code)``; fails with ``(output, errors, signal)`` as
        the failure's value if a signal ended it; or with an `OSError` if the program cannot be run.
        Cancelling it ends the program (SIGTERM).
    """
    return _run(_Both(stdinBytes), executable, args, env, path, reactor)
