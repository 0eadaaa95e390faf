"""Reads ``inetd.conf`` and ``services``: which program serves which port, as whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = [
    "InetdConf",
    "InetdService",
    "InvalidConfError",
    "InvalidInetdConfError",
    "InvalidServicesConfError",
    "ServicesConf",
    "SimpleConfFile",
    "UnknownService",
]


class InvalidConfError(Exception):
    """A line of a file is malformed."""


class InvalidInetdConfError(InvalidConfError):
    """A line of ``inetd.conf`` is malformed."""


class InvalidServicesConfError(InvalidConfError):
    """A line of ``services`` is malformed."""


class UnknownService(Exception):
    """A service has a name that stands for no port."""


class SimpleConfFile:
    """A file with a line for each entry, whose fields are parted by white space.

    Attributes:
        commentChar: What begins a comment.
        defaultFilename: The file that is read where none is named.
    """

    commentChar = "#"
    defaultFilename: str | None = None

    def parseFile(self, file: Any = None) -> None:
        """Read a file, and close it.

        Args:
            file: The file, open; None for the default one.

        Raises:
            InvalidConfError: If a line is malformed.
            OSError: If the file cannot be read.
        """
        if file is None:
            assert self.defaultFilename is not None
            file = Path(self.defaultFilename).open()  # noqa: SIM115 - closed below
        with file:
            for line in file:
                self.parseLine(line.partition(self.commentChar)[0].strip())

    def parseLine(self, line: str) -> None:
        """Read a line, which has neither comment nor end any more.

        Raises:
            InvalidConfError: If it is malformed.
        """
        if line:
            self.parseFields(*line.split())

    def parseFields(self, *fields: str) -> None:
        """Take a line's fields; for subclasses."""


class InetdService:
    """A service: a port, and the program that serves it.

    Attributes:
        name: The service's name.
        port: Its port.
        socketType: ``"stream"`` or ``"dgram"``.
        protocol: ``"tcp"`` or ``"udp"``.
        wait: Whether the program takes the port itself, one at a time.
        user: The user it runs as.
        group: The group it runs as; None for the user's.
        program: The program, or ``"internal"``.
        programArgs: Its arguments, its name first.
    """

    name: Any = None
    port: Any = None
    socketType: Any = None
    protocol: Any = None
    wait: Any = None
    user: Any = None
    group: Any = None
    program: Any = None
    programArgs: Any = None

    def __init__(
        self,
        name: Any,
        port: Any,
        socketType: Any,
        protocol: Any,
        wait: Any,
        user: Any,
        group: Any,
        program: Any,
        programArgs: Any,
    ) -> None:
        self.name = name
        self.port = port
        self.socketType = socketType
        self.protocol = protocol
        self.wait = wait
        self.user = user
        self.group = group
        self.program = program
        self.programArgs = programArgs


class InetdConf(SimpleConfFile):
    """``inetd.conf``.

    Args:
        knownServices: Ports by name and protocol, beside those of the system.

    Attributes:
        services: The `InetdService` objects that were read.
    """

    defaultFilename = "/etc/inetd.conf"

    def __init__(self, knownServices: Any = None) -> None:
        self.services: list[InetdService] = []
        if knownServices is None:
            knownServices = ServicesConf()
            knownServices.parseFile()
        self.knownServices = knownServices

    def parseFields(  # type: ignore[override]  # a line has these
        self,
        serviceName: str,
        socketType: str = "",
        protocol: str = "",
        wait: str = "",
        user: str = "",
        program: str = "",
        *programArgs: str,
    ) -> None:
        """Take a service.

        Raises:
            InvalidInetdConfError: If a field is missing or makes no sense.
            UnknownService: If its name stands for no port.
        """
        if not program:
            raise InvalidInetdConfError(f"The service {serviceName} lacks fields: six come before arguments.")
        if wait not in ("wait", "nowait"):
            raise InvalidInetdConfError(f"A service is 'wait' or 'nowait', not {wait!r}.")
        user, _, group = user.replace(":", ".", 1).partition(".")
        if serviceName.isascii() and serviceName.isdigit():
            port, name = int(serviceName), serviceName
            if port > 65535:
                raise InvalidInetdConfError(f"There is no port {port}.")
        else:
            name = serviceName
            try:
                port = self.knownServices.services[name, protocol]
            except KeyError:
                raise UnknownService(f"Unknown service: {name} ({protocol})") from None
        self.services.append(
            InetdService(
                name,
                port,
                socketType,
                protocol,
                wait == "wait",
                user,
                group or None,
                program,
                list(programArgs),
            )
        )


class ServicesConf(SimpleConfFile):
    """``services``: the system's names of ports.

    Attributes:
        services: Ports by name and protocol.
    """

    defaultFilename = "/etc/services"

    def __init__(self) -> None:
        self.services: dict[tuple[str, str], int] = {}

    def parseFields(  # type: ignore[override]  # a line has these
        self, name: str, portAndProtocol: str = "", *aliases: str
    ) -> None:
        """Take a name and its aliases.

        Raises:
            InvalidServicesConfError: If the line has no port and protocol.
        """
        port, slash, protocol = portAndProtocol.partition("/")
        if not slash or not (port.isascii() and port.isdigit()) or len(port) > 5 or not protocol:
            raise InvalidServicesConfError(f"Invalid port/protocol: {portAndProtocol!r}")
        for each in (name, *aliases):
            self.services[each, protocol] = int(port)
