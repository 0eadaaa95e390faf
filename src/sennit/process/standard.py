"""What every transport of a child process says of the child's standard streams."""

from __future__ import annotations

from abc import ABC, abstractmethod

from sennit.core.addresses import ProcessAddress

__all__ = ["StandardStreams"]


class StandardStreams(ABC):
    """The short names for closing descriptors 0, 1 and 2."""

    @abstractmethod
    def closeChildFD(self, childFD: int) -> None:
        """Close our end of one of the child's descriptors.

        Args:
            childFD: Its number in the child.
        """

    def closeStdin(self) -> None:
        """Close the child's standard input, when what was written is sent."""
        self.closeChildFD(0)

    def closeStdout(self) -> None:
        """Close our end of the child's standard output."""
        self.closeChildFD(1)

    def closeStderr(self) -> None:
        """Close our end of the child's standard error."""
        self.closeChildFD(2)

    def loseConnection(self) -> None:
        """Close the child's standard streams; other descriptors stay."""
        self.closeStdin()
        self.closeStderr()
        self.closeStdout()

    def stopProducing(self) -> None:
        """Close the child's standard streams."""
        self.loseConnection()

    def getHost(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()

    def getPeer(self) -> ProcessAddress:
        """Return an address that says no more than that this is a process."""
        return ProcessAddress()
