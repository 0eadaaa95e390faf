"""Bring a directory of an FTP server here; what is here in part already is not brought again."""

import sys
from pathlib import Path

import sennit
from sennit import ftp


async def mirror(remote, there, here):
    here.mkdir(exist_ok=True)
    for entry in await remote.entries(there):
        path, name = f"{there.rstrip('/')}/{entry.name}", here / entry.name
        if entry.is_directory:
            await mirror(remote, path, name)
        else:
            size = await remote.download(path, name, resume=True)
            print(path, size)


async def main(host, port, folder):
    async with ftp.connect(host, int(port)) as remote:
        await mirror(remote, "/", Path(folder))


if __name__ == "__main__":
    sennit.run(main, *sys.argv[1:])
