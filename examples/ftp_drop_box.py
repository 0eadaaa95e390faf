"""An FTP server where each user has files of his own, and is told what came; try it with curl or lftp.

python examples/ftp_drop_box.py users
curl --user ada:lovelace --upload-file report.pdf ftp://localhost:2121/
"""

from __future__ import annotations

import sys
from pathlib import Path

import sennit
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.cred import FailureLimiter, InMemoryUsernamePasswordDatabaseDontUse, Portal
from sennit.ftp.realm import BaseFTPRealm
from sennit.ftp.server import FTP, FTPFactory


class Announcing(FTP):
    """Says what came."""

    def ftp_STOR(self, path):
        def came(answer):
            print("came:", path)
            return answer

        return super().ftp_STOR(path).addCallback(came)


class Users(BaseFTPRealm):
    """Gives each user a directory of his name, which is made when he first comes."""

    def getHomeDirectory(self, avatarId):
        home = self.anonymousRoot / avatarId
        home.mkdir(parents=True, exist_ok=True)
        return home


def listen(folder, port):
    users = InMemoryUsernamePasswordDatabaseDontUse(ada=b"lovelace")
    factory = FTPFactory(Portal(Users(folder), [users], limiter=FailureLimiter()))
    factory.protocol = Announcing
    factory.allowAnonymous = False
    return current_reactor().listenTCP(port, factory, interface="127.0.0.1")


async def main():
    print(f"FTP on port {listen(Path(sys.argv[1]), 2121).getHost().port}")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main)
