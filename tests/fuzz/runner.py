"""Runs odd input through what reads it, and counts.

A target is a function that takes pieces of octets, with seeds and the way to make odd input of them.  What it
raises, the interpreter's own recursion limit included, it does not promise: the run ends with the input that
did it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import documents, fields, http1, http2, websocket, wholes
from .mutation import mutate, whole


@dataclass(frozen=True)
class Target:
    """What reads odd input.

    Attributes:
        read: Takes the pieces.
        seeds: Good input.
        make: Makes pieces of a seed.
        weight: Its share of the inputs; what is quick gets more.
    """

    read: Callable[[list[bytes]], object]
    seeds: list[bytes]
    make: Callable[[random.Random, bytes], list[bytes]] = mutate
    weight: int = 10


TARGETS = {
    "http1-request": Target(http1.request, http1.REQUESTS),
    "http1-response": Target(http1.response, http1.RESPONSES),
    "chunked": Target(http1.chunked, http1.CHUNKS, http1.make_chunks),
    "content-coding": Target(http1.codings, http1.CODED, weight=8),
    "http2-server": Target(http2.server, http2.REQUESTS, http2.make_frames, weight=8),
    "http2-client": Target(http2.client, http2.RESPONSES, http2.make_frames, weight=8),
    "websocket-server": Target(websocket.server, [b"masked"], websocket.make_frames),
    "websocket-client": Target(websocket.client, [b"plain"], websocket.make_frames),
    "websocket-handshake": Target(websocket.handshake, websocket.HANDSHAKES, whole, weight=5),
    "form": Target(documents.forms, documents.FORMS, whole),
    "url": Target(fields.urls, fields.URLS, whole),
    "url-path": Target(fields.url_paths, fields.URLS, whole, weight=3),
    "query": Target(fields.queries, fields.QUERIES, whole),
    "range": Target(fields.ranges, fields.RANGES, whole),
    "cookie": Target(fields.cookies, fields.COOKIES),
    "set-cookie": Target(fields.set_cookie, fields.SET_COOKIES, whole, weight=3),
    "accept": Target(fields.preferences, fields.PREFERENCES, whole),
    "conditional": Target(fields.conditions, fields.CONDITIONS, whole),
    "authorization": Target(fields.authorization, fields.AUTHORIZATIONS, whole),
    "forwarded": Target(fields.forwarded, fields.FORWARDED, whole),
    "proxy-header": Target(fields.proxy_header, fields.PROXY_HEADERS),
    "template": Target(documents.templates, documents.TEMPLATES, whole, weight=8),
    "xmlrpc": Target(documents.messages, documents.MESSAGES, whole),
    "socks": Target(wholes.socks, wholes.SOCKS),
    "ftp": Target(wholes.ftp, wholes.FTP),
    "cgi-output": Target(wholes.cgi, wholes.CGI, weight=2),
    "client": Target(wholes.client, http1.RESPONSES, weight=6),
    "site": Target(wholes.site, wholes.SITE, weight=8),
    "site-http2": Target(wholes.site_http2, http2.REQUESTS, http2.make_frames, weight=6),
}


def run(name: str, count: int, seed: int) -> float:
    """Give a target so many inputs; return the seconds of CPU that took."""
    target = TARGETS[name]
    rng = random.Random(f"{seed} {name}")
    began = time.process_time()
    for _ in range(count):
        pieces = target.make(rng, rng.choice(target.seeds))
        try:
            target.read(pieces)
        except BaseException:
            sys.stderr.write(f"{name} failed on {pieces!r} (seed {seed})\n")
            raise
    return time.process_time() - began


def shares(inputs: int, names: list[str]) -> dict[str, int]:
    """Return how many inputs each target gets of so many."""
    total = sum(TARGETS[name].weight for name in names)
    return {name: max(1, -(-inputs * TARGETS[name].weight // total)) for name in names}
