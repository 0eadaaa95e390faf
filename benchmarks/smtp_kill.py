"""Kill a mail server again and again while clients send: what it said it has, it has, whole and once.

``python -m benchmarks.smtp_kill [--kills 200] [--clients 8] [--seed 1]``: each client sends numbered messages
of random size and notes each that was answered by 250; the server is killed with SIGKILL at random moments,
and started anew.  At the end every noted message is in ``new``, whole, and once; what was not noted may be
there or not.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ADDRESS = "me@example.org"


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    listen = f"tcp:{port}:interface=127.0.0.1"
    command = [
        sys.executable,
        "-m",
        "sennit",
        "run",
        "smtp",
        "--maildir",
        str(folder),
        "--domain",
        "example.org",
    ]
    command += ["--mailbox", _ADDRESS, "--listen", listen, "--quiet"]
    return subprocess.Popen(command)


def _message(name: str, chance: random.Random) -> bytes:
    body = b"".join(
        b"%d line of text\r\n" % chance.randrange(10**9) for _ in range(chance.randrange(1, 3000))
    )
    digest = hashlib.sha256(body).hexdigest()
    return f"Subject: {name}\r\nX-Digest: {digest}\r\n\r\n".encode() + body


async def _client(number: int, port: int, chance: random.Random, taken: set[str], end: asyncio.Event) -> None:
    count = 0
    while not end.is_set():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        try:
            await _expect(reader, 220)
            await _ask(reader, writer, b"EHLO client.example", 250)
            while not end.is_set():
                name = f"{number}-{count}"
                count += 1
                await _ask(reader, writer, b"MAIL FROM:<a@client.example>", 250)
                await _ask(reader, writer, f"RCPT TO:<{_ADDRESS}>".encode(), 250)
                await _ask(reader, writer, b"DATA", 354)
                writer.write(_message(name, chance) + b".\r\n")
                await writer.drain()
                await _expect(reader, 250)
                taken.add(name)
        except (OSError, EOFError, ValueError):
            pass
        finally:
            writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: int) -> None:
    writer.write(line + b"\r\n")
    await writer.drain()
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: int) -> None:
    while True:
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        if int(line[:3]) != code:
            raise ValueError(line)
        if line[3:4] == b" ":
            return


async def _run(folder: Path, kills: int, clients: int, seed: int, port: int) -> tuple[set[str], int]:
    chance = random.Random(seed)
    taken: set[str] = set()
    end = asyncio.Event()
    tasks = [
        asyncio.create_task(_client(number, port, random.Random(seed + number), taken, end))
        for number in range(clients)
    ]
    killed = 0
    while killed < kills:
        server = _start(folder, port)
        before = len(taken)
        while len(taken) == before and server.poll() is None:  # noqa: ASYNC110 - a process says nothing
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.random() * 0.3)
        server.send_signal(signal.SIGKILL)
        server.wait()
        killed += 1
        if killed % 20 == 0:
            print(f"{killed} kills, {len(taken)} messages taken", flush=True)
    end.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return taken, killed


def _check(folder: Path, taken: set[str]) -> list[str]:
    wrong = []
    found: dict[str, int] = {}
    for path in (folder / _ADDRESS / "new").iterdir():
        text = path.read_bytes()
        match = re.search(rb"^Subject: (\S+)\nX-Digest: (\w+)\n\n", text, re.MULTILINE)
        if match is None:
            wrong.append(f"{path.name} is no message of ours: {text[:80]!r}")
            continue
        body = text[match.end() :].replace(b"\n", b"\r\n")
        if hashlib.sha256(body).hexdigest().encode() != match[2]:
            wrong.append(f"{path.name} is not whole.")
        name = match[1].decode()
        found[name] = found.get(name, 0) + 1
    wrong += [f"{name} was taken and is not there." for name in sorted(taken - found.keys())]
    wrong += [f"{name} is there {count} times." for name, count in found.items() if count > 1]
    print(f"{len(taken)} messages were answered by 250; {len(found)} are in new/, {len(wrong)} complaints.")
    return wrong


def main() -> int:
    """Run it, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=2625)
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        taken, killed = asyncio.run(_run(folder, options.kills, options.clients, options.seed, options.port))
        wrong = _check(folder, taken)
    for line in wrong[:20]:
        print(line)
    print(f"{killed} kills in {time.monotonic() - begun:.0f} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
