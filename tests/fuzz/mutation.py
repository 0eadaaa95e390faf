"""Odd input out of good input: seeds changed in a few places and cut into pieces, at random."""

from __future__ import annotations

SPECIAL = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b"=",
        b'"',
        b"\\",
        b"%",
        b"&",
        b"/",
        b"[",
        b"]",
    ),
    *(
        b"\xff",
        b"\xc3\xa9",
        b"-1",
        b"+1",
        b"0x",
        b"*",
        b"q=0",
        b"99999999999999999999",
        b"<!--",
        b"]]>",
        b"&amp;",
    ),
)


def change(rng, seed):
    """Return a seed changed in a few places."""
    data = bytearray(seed)
    for _ in range(rng.randrange(5)):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[place % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[place:place] = rng.choice(SPECIAL)
        elif kind == 2:
            del data[place : place + rng.randrange(1, 9)]
        elif kind == 3:
            other = rng.randrange(len(data) + 1)
            data[place:place] = data[other : other + rng.randrange(1, 40)]
        elif kind == 4 and data:
            data[place % len(data)] ^= 1 << rng.randrange(8)
        else:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
    return bytes(data)


def cut(rng, data):
    """Return data in a few pieces."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(3)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def mutate(rng, seed):
    """Return a seed changed in a few places, cut into a few pieces."""
    return cut(rng, change(rng, seed))


def whole(rng, seed):
    """Return a seed changed in a few places, in one piece."""
    return [change(rng, seed)]
