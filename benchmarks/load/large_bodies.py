"""Uploads, or downloads, one large body: ``large_bodies.py PORT upload|download SIZE [sennit]``.

By the standard library's client; or by Sennit's, and then it prints the MiB that it held at the most.
"""

from __future__ import annotations

import http.client
import re
import sys
from pathlib import Path

PIECE = bytes(1 << 16)


def plainly(port, upload, size):
    """Do it with the standard library; tell how much there was."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    if upload:
        pieces = (PIECE for _ in range(size // len(PIECE)))
        connection.request("POST", "/drop", pieces, {"Content-Length": str(size)})
        return int(connection.getresponse().read())
    connection.request("GET", "/large")
    answer = connection.getresponse()
    told = 0
    while piece := answer.read(1 << 16):
        told += len(piece)
    return told


async def with_sennit(port, upload, size):
    """Do it with Sennit's client; tell how much there was."""
    from sennit.http.client import Client

    async def pieces():
        for _ in range(size // len(PIECE)):
            yield PIECE

    async with Client() as client:
        if upload:
            response = await client.post(f"http://127.0.0.1:{port}/drop", body=pieces())
            return int(await response.text())
        told = 0
        async with client.get(f"http://127.0.0.1:{port}/large") as response:
            async for piece in response:
                told += len(piece)
        return told


port, upload, size = int(sys.argv[1]), sys.argv[2] == "upload", int(sys.argv[3])
if sys.argv[4:] == ["sennit"]:
    import sennit

    count = sennit.run(lambda: with_sennit(port, upload, size))
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(int(found[1]) / 1024)
else:
    count = plainly(port, upload, size)
if count != size:
    sys.exit(f"{count} octets came through of {size}")
