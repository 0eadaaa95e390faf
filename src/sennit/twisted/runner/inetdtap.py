"""``twisted.runner.inetdtap``: the services of an ``inetd.conf`` as a plug-in."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, ClassVar

from sennit.app.inetdconf import InetdConf
from sennit.app.listening import TCPServer
from sennit.app.service import MultiService
from sennit.log import Logger
from sennit.protocol import ServerFactory
from sennit.twisted.python import usage
from sennit.twisted.runner.inetd import InetdFactory, internalProtocols

__all__ = ["Options", "makeService", "protocolDict"]

protocolDict = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
"""The numbers of protocols, by name."""

_log = Logger()


class Options(usage.Options):
    """Which file is read, and whether services without a program run."""

    optParameters: ClassVar[Any] = [
        ["rpc", "r", "/etc/rpc", "(DEPRECATED: RPC services are not run.)"],
        ["file", "f", "/etc/inetd.conf", "The file that says which services there are."],
    ]
    optFlags: ClassVar[Any] = [["nointernal", "i", "Do not run services that need no program."]]
    compData = usage.Completions(optActions={"file": usage.CompleteFiles("*.conf")})


def makeService(config: Any) -> MultiService:
    """Return the services that a file describes; what cannot be run is logged and left out.

    Args:
        config: The `Options`, parsed.

    Raises:
        OSError: If the file cannot be read.
        InvalidConfError: If a line of it is malformed.
    """
    conf = InetdConf()
    conf.parseFile(Path(config["file"]).open())  # noqa: SIM115 - it closes the file
    made = MultiService()
    for entry in conf.services:
        internal = entry.program == "internal"
        if internal and config["nointernal"]:
            continue
        if entry.protocol != "tcp" or entry.socketType != "stream" or entry.wait:
            _log.error(
                "The service {name} is left out: it is '{kind} {protocol} {wait}', not 'stream tcp nowait'.",
                name=entry.name,
                kind=entry.socketType,
                protocol=entry.protocol,
                wait="wait" if entry.wait else "nowait",
            )
            continue
        factory: Any = InetdFactory(entry)
        if internal:
            protocol = internalProtocols.get(entry.name)
            if protocol is None:
                _log.error("The service {name} is left out: it needs a program.", name=entry.name)
                continue
            factory = ServerFactory()
            factory.protocol = protocol
        TCPServer(entry.port, factory).setServiceParent(made)
    return made
