"""``twisted.web.twcgi``: CGI, with directories that are paths and protocols that can be viewed."""

from __future__ import annotations

from typing import Any

from sennit.twisted.python.filepath import FilePath
from sennit.web import cgi
from sennit.web.cgi import CGIScript, FilteredScript

__all__ = ["CGIDirectory", "CGIProcessProtocol", "CGIScript", "FilteredScript"]


class CGIDirectory(cgi.CGIDirectory, FilePath[str]):  # type: ignore[misc]  # `children` is the resource's
    """A directory of CGI programs, as a resource and as a path.

    Args:
        pathname: The directory.
    """

    def __init__(self, pathname: str) -> None:
        FilePath.__init__(self, pathname)
        cgi.CGIDirectory.__init__(self, pathname)


class CGIProcessProtocol(cgi.CGIProcessProtocol):
    """One CGI program, as a producer that another process may steer."""

    def view_pauseProducing(self, issuer: Any) -> None:
        """Stop reading what the program writes."""
        self.pauseProducing()

    def view_resumeProducing(self, issuer: Any) -> None:
        """Go on reading."""
        self.resumeProducing()

    def view_stopProducing(self, issuer: Any) -> None:
        """Read no more."""
        self.stopProducing()
