"""``twisted.tap.socks``: a SOCKS 4 server."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.app.listening import TCPServer
from sennit.socks.version4 import SOCKSv4Factory
from sennit.twisted.python import usage

__all__ = ["Options", "makeService"]


class Options(usage.Options):
    """Where to listen, and where to write down what is relayed."""

    synopsis = "[-i <interface>] [-p <port>] [-l <file>]"
    longdesc = "Connects for clients that speak SOCKS 4 or 4a."
    optParameters: ClassVar[Any] = [
        ["interface", "i", "127.0.0.1", "The address to listen on."],
        ["port", "p", 1080, "The port to listen on.", int],
        ["log", "l", None, "The file that what is relayed is written to."],
    ]
    compData = usage.Completions(
        optActions={"log": usage.CompleteFiles("*.log"), "interface": usage.CompleteNetInterfaces()}
    )


def makeService(config: Any) -> Any:
    """Return the service that options describe.

    Args:
        config: The `Options`, parsed.
    """
    return TCPServer(int(config["port"]), SOCKSv4Factory(config["log"]), interface=config["interface"])
