import asyncio

import sennit
from sennit.endpoint import serverFromString


class Echo(sennit.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


async def main():
    endpoint = serverFromString(sennit.current_reactor(), "tcp:8007")
    await endpoint.listen(sennit.Factory.forProtocol(Echo))  # a Deferred
    await asyncio.sleep(3600)  # a future of asyncio's


sennit.run(main)
