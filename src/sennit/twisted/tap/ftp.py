"""``twisted.tap.ftp``: an FTP server, its options and its service."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.app import MultiService
from sennit.app.listening import TCPServer
from sennit.app.strports import service
from sennit.cred.checkers import AllowAnonymousAccess
from sennit.cred.passwordfile import FilePasswordDB
from sennit.cred.portal import Portal
from sennit.ftp.server import FTPFactory
from sennit.twisted.cred.strcred import AuthOptionMixin
from sennit.twisted.protocols.ftp import FTPRealm
from sennit.twisted.python import usage
from sennit.twisted.python.deprecate import deprecated
from sennit.twisted.python.versions import Version

__all__ = ["Options", "makeService"]


class Options(usage.Options, AuthOptionMixin):
    """Where to listen, whose files to serve, and who may log in."""

    synopsis = "[options]"
    longdesc = "Serves a directory to everybody for reading and, over FTP in the clear, users' own to them."
    optParameters: ClassVar[Any] = [
        ["port", "p", "2121", "The port to listen on."],
        ["root", "r", "/usr/local/ftp", "The directory of who has no name; it is for reading."],
        ["userAnonymous", "", "anonymous", "The name of who has none."],
        ["userHome", "", "/home", "The directory in which each user has one of his name."],
    ]
    compData = usage.Completions(
        optActions={
            "root": usage.CompleteDirs(descr="directory"),
            "userHome": usage.CompleteDirs(descr="directory"),
        }
    )

    def __init__(self, *a: Any, **kw: Any) -> None:
        super().__init__(*a, **kw)
        self["listen"] = []
        self.addChecker(AllowAnonymousAccess())

    def opt_listen(self, endpoint: str) -> None:
        """Description of an endpoint to listen on, in place of --port; may be given several times."""
        self["listen"].append(endpoint)

    @deprecated(Version("Twisted", 11, 1, 0))
    def opt_password_file(self, filename: str) -> None:
        """(DEPRECATED: use --auth=file:PATH) A file of lines such as name:password: who may log in."""
        self["password-file"] = filename
        self.addChecker(FilePasswordDB(filename))


def makeService(config: Any) -> Any:
    """Return the service that options describe.

    Args:
        config: The `Options`, parsed.
    """
    portal = Portal(FTPRealm(config["root"], config["userHome"]), config.get("credCheckers", ()))
    factory = FTPFactory(portal, config["userAnonymous"])
    if not config["listen"]:
        return TCPServer(int(config["port"]), factory)
    made = MultiService()
    for endpoint in config["listen"]:
        service(endpoint, factory).setServiceParent(made)
    return made
