"""What can go wrong with connections, ports, timers and processes.

`connectionLost` and its like receive one of these in a `Failure`.  The classes and their constructors are
public vocabulary: programs subclass them, catch them by base, and compare `str(error)`.
Most of them put their `MESSAGE` before the arguments: ``"MESSAGE: argument argument."``.
"""

from __future__ import annotations

import errno
import socket
from typing import Any, ClassVar

__all__ = [
    "AlreadyCalled",
    "AlreadyCancelled",
    "AlreadyListened",
    "BadFileError",
    "BindError",
    "CannotListenError",
    "CertificateError",
    "ConnectBindError",
    "ConnectError",
    "ConnectInProgressError",
    "ConnectingCancelledError",
    "ConnectionAborted",
    "ConnectionClosed",
    "ConnectionDone",
    "ConnectionFdescWentAway",
    "ConnectionLost",
    "ConnectionRefusedError",
    "DNSLookupError",
    "FileDescriptorOverrun",
    "InvalidAddressError",
    "MessageLengthError",
    "MulticastJoinError",
    "NoProtocol",
    "NoRouteError",
    "NotConnectingError",
    "NotListeningError",
    "PeerVerifyError",
    "ProcessDone",
    "ProcessExitedAlready",
    "ProcessTerminated",
    "ReactorAlreadyInstalledError",
    "ReactorAlreadyRunning",
    "ReactorNotRestartable",
    "ReactorNotRunning",
    "SSLError",
    "ServiceNameUnknownError",
    "TCPTimedOutError",
    "TimeoutError",
    "UnknownHostError",
    "UnsupportedAddressFamily",
    "UnsupportedSocketType",
    "UserError",
    "VerifyError",
    "errnoMapping",
    "getConnectError",
]


def _describe(error: BaseException) -> str:
    """Say the class's `MESSAGE` and the arguments: ``"MESSAGE: a b."``."""
    message: str = error.MESSAGE  # type: ignore[attr-defined]  # every class that borrows this has one
    if error.args:
        message = f"{message}: {' '.join(map(str, error.args))}"
    return f"{message}."


class BindError(Exception):
    """A local address could not be bound."""

    MESSAGE: ClassVar[str] = "An error occurred binding to an interface"
    __str__ = _describe


class CannotListenError(BindError):
    """A port could not be opened.

    Args:
        interface: The local address that was asked for, or None for any.
        port: The port number or path.
        socketError: What the system said.
    """

    def __init__(self, interface: Any, port: Any, socketError: Any) -> None:
        super().__init__(interface, port, socketError)
        self.interface = interface
        self.port = port
        self.socketError = socketError

    def __str__(self) -> str:
        return f"Couldn't listen on {self.interface or 'any'}:{self.port}: {self.socketError}."


class AlreadyListened(Exception):
    """A listening port can be started once."""


class NotListeningError(RuntimeError):
    """A port was asked to stop listening, and was not."""

    MESSAGE: ClassVar[str] = "The port is not listening"
    __str__ = _describe


class UnsupportedAddressFamily(Exception):
    """A socket of this address family cannot be adopted."""


class UnsupportedSocketType(Exception):
    """A socket of this type cannot be adopted."""


class InvalidAddressError(ValueError):
    """An address is not of the form that this call takes.

    Args:
        address: What was given.
        message: What is wrong with it.
    """

    def __init__(self, address: Any, message: str) -> None:
        super().__init__(address, message)
        self.address = address
        self.message = message


class MulticastJoinError(Exception):
    """A multicast group could not be joined or left."""


class MessageLengthError(Exception):
    """A datagram is longer than the system sends."""

    MESSAGE: ClassVar[str] = "Message is too long to send"
    __str__ = _describe


class DNSLookupError(OSError):
    """A host name has no address."""

    MESSAGE: ClassVar[str] = "DNS lookup failed"
    __str__ = _describe


class ConnectInProgressError(Exception):
    """A connect is still under way."""


class ConnectingCancelledError(Exception):
    """The caller cancelled the Deferred of a connect that had not finished.

    Args:
        address: The `IAddress` that was being connected to.
    """

    def __init__(self, address: Any) -> None:
        super().__init__(address)
        self.address = address


class NoProtocol(Exception):
    """`buildProtocol` returned None for a connection that an endpoint made."""


class NotConnectingError(RuntimeError):
    """A connector was asked to stop connecting, and was not."""

    MESSAGE: ClassVar[str] = "The connector is not connecting"
    __str__ = _describe


class ConnectError(Exception):
    """A connection could not be made.

    Args:
        osError: The system's error number, or the error itself, or None.
        string: What the system said, or a detail of ours.
    """

    MESSAGE: ClassVar[str] = "An error occurred while connecting"

    def __init__(self, osError: Any = None, string: Any = "") -> None:
        super().__init__(string)
        self.osError = osError

    def __str__(self) -> str:
        message = self.MESSAGE
        if self.osError:
            message = f"{message}: {self.osError}"
        if self.args and self.args[0]:
            message = f"{message}: {self.args[0]}"
        return f"{message}."


class ConnectBindError(ConnectError):
    """The local end of the connection could not be bound."""

    MESSAGE = "Couldn't bind"


class UnknownHostError(ConnectError):
    """The host's name could not be resolved."""

    MESSAGE = "The host name could not be looked up"


class NoRouteError(ConnectError):
    """There is no way to that network."""

    MESSAGE = "No route to host"


class ConnectionRefusedError(ConnectError):
    """The other side has nobody listening there."""

    MESSAGE = "Connection was refused by other side"


class TCPTimedOutError(ConnectError):
    """The other side's system did not answer."""

    MESSAGE = "TCP connection timed out"


class BadFileError(ConnectError):
    """The path of a UNIX socket does not lead to one."""

    MESSAGE = "The file is no usable UNIX socket"


class ServiceNameUnknownError(ConnectError):
    """A port was given by a service name that nobody knows."""

    MESSAGE = "Service name given as port is unknown"


class UserError(ConnectError):
    """The program itself gave up the connect."""

    MESSAGE = "User aborted connection"


class TimeoutError(UserError):
    """The time the program allowed for the connect is over."""

    MESSAGE = "User timeout caused connection failure"


class SSLError(ConnectError):
    """TLS could not be set up."""

    MESSAGE = "An SSL error occurred"


class VerifyError(Exception):
    """A certificate or a signature could not be verified."""

    MESSAGE: ClassVar[str] = "Verification failed"


class PeerVerifyError(VerifyError):
    """The other side's certificate was rejected."""

    MESSAGE = "The peer could not be verified"


class CertificateError(Exception):
    """A certificate has not the content that it should have."""

    MESSAGE: ClassVar[str] = "The certificate is invalid"


errnoMapping: dict[int, type[ConnectError]] = {
    errno.ENETUNREACH: NoRouteError,
    errno.ECONNREFUSED: ConnectionRefusedError,
    errno.ETIMEDOUT: TCPTimedOutError,
}


def getConnectError(e: BaseException | tuple[int, str]) -> ConnectError:
    """Give the `ConnectError` for what the system raised.

    Args:
        e: An `OSError`, any error of the form ``(number, text)``, or such a pair itself.

    Returns:
        An error of the class that `errnoMapping` has for the number; `UnknownHostError` if the name was
        the trouble; else a plain `ConnectError`.
    """
    parts = e if isinstance(e, tuple) else e.args
    if len(parts) != 2:
        return ConnectError(string=e)
    number, text = parts
    if isinstance(e, socket.gaierror):
        return UnknownHostError(number, text)
    return errnoMapping.get(number, ConnectError)(number, text)


class ConnectionClosed(Exception):
    """A connection is over, cleanly or not."""


class ConnectionLost(ConnectionClosed):
    """The connection broke: data may be missing on either side."""

    MESSAGE: ClassVar[str] = "Connection to the other side was lost in a non-clean fashion"
    __str__ = _describe


class ConnectionAborted(ConnectionLost):
    """The program called `abortConnection`."""

    MESSAGE = "Connection was aborted locally using ITCPTransport.abortConnection"


class ConnectionDone(ConnectionClosed):
    """The connection was closed as it should be."""

    MESSAGE: ClassVar[str] = "Connection was closed cleanly"
    __str__ = _describe


class FileDescriptorOverrun(ConnectionLost):
    """More descriptors were to be sent over a UNIX socket than there are bytes to carry them."""

    MESSAGE = "More file descriptors than bytes were sent over a UNIX connection"


class ConnectionFdescWentAway(ConnectionLost):
    """The connection's descriptor was closed by somebody else."""

    MESSAGE = "The connection's file descriptor is no longer open"


class AlreadyCalled(ValueError):
    """A timer that has fired cannot be cancelled or moved."""

    MESSAGE: ClassVar[str] = "The delayed call was already called"
    __str__ = _describe


class AlreadyCancelled(ValueError):
    """A timer that was cancelled cannot be cancelled again or moved."""

    MESSAGE: ClassVar[str] = "The delayed call was already cancelled"
    __str__ = _describe


class ProcessDone(ConnectionDone):
    """A child process ended with exit code 0.

    Args:
        status: The wait status, as `os.waitpid` gives it.
    """

    MESSAGE = "A process has ended without apparent errors"

    def __init__(self, status: Any) -> None:
        super().__init__("process finished with exit code 0")
        self.exitCode = 0
        self.signal = None
        self.status = status


class ProcessTerminated(ConnectionLost):
    """A child process ended with another exit code, or by a signal.

    Args:
        exitCode: The exit code, or None.
        signal: The number of the signal that ended it, or None.
        status: The wait status, as `os.waitpid` gives it.
    """

    MESSAGE = "A process has ended with a probable error condition"

    def __init__(self, exitCode: int | None = None, signal: int | None = None, status: Any = None) -> None:
        text = "process ended"
        if exitCode is not None:
            text += f" with exit code {exitCode}"
        if signal is not None:
            text += f" by signal {signal}"
        super().__init__(text)
        self.exitCode = exitCode
        self.signal = signal
        self.status = status


class ProcessExitedAlready(Exception):
    """A process that has ended cannot be signalled."""


class ReactorNotRunning(RuntimeError):
    """The reactor was to be stopped, and does not run."""


class ReactorNotRestartable(RuntimeError):
    """A reactor that cannot run twice was to run again."""


class ReactorAlreadyRunning(RuntimeError):
    """The reactor was to be run, and runs."""


class ReactorAlreadyInstalledError(AssertionError):
    """The process has its importable reactor already."""
