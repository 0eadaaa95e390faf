"""``twisted.tap.portforward``: forwards connections to another host."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.app import strports
from sennit.twisted.protocols import portforward
from sennit.twisted.python import usage

__all__ = ["Options", "makeService"]


class Options(usage.Options):
    """Where to listen, and where connections are forwarded to."""

    synopsis = "[options]"
    longdesc = "Forwards each connection to another host's port."
    optParameters: ClassVar[Any] = [
        ["port", "p", "tcp:6666", "Description of the endpoint to listen on."],
        ["host", "h", "localhost", "The host to forward to."],
        ["dest_port", "d", 6665, "Its port.", int],
    ]
    compData = usage.Completions(optActions={"host": usage.CompleteHostnames()})


def makeService(config: Any) -> Any:
    """Return the service that options describe.

    Args:
        config: The `Options`, parsed.
    """
    port = str(config["port"])
    description = f"tcp:{port}" if port.isdigit() else port
    return strports.service(description, portforward.ProxyFactory(config["host"], config["dest_port"]))
