"""Echo what each connection sends, and count the seconds with asyncio beside it."""

from __future__ import annotations

import asyncio

import sennit
from sennit.endpoint import serverFromString


class Echo(sennit.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


async def main():
    endpoint = serverFromString(sennit.current_reactor(), "tcp:8007")
    port = await endpoint.listen(sennit.Factory.forProtocol(Echo))  # a Deferred
    print("Echoing on port", port.getHost().port)
    await asyncio.sleep(3600)  # a future of asyncio's


if __name__ == "__main__":
    sennit.run(main)
