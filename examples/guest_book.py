"""A small site: pages made on the way, a form, a coroutine, files, and a graceful end."""

from __future__ import annotations

import asyncio
from html import escape

import sennit
from sennit.web import Resource, Site, notFound, redirectTo
from sennit.web.static import File

FORM = '<form method="post"><input name="text" autofocus> <button>Sign</button></form>'


class Book(Resource):
    """The entries, and the form that adds one."""

    def __init__(self):
        super().__init__()
        self.entries = []

    def getChild(self, path, request):
        if path == b"":
            return self
        if path.isdigit() and int(path) < len(self.entries):
            return Entry(self.entries[int(path)])
        return notFound()

    def render_GET(self, request):
        items = "".join(
            f'<li><a href="{number}">{escape(text)}</a>' for number, text in enumerate(self.entries)
        )
        return f"<!DOCTYPE html><h1>Guests</h1><ol>{items}</ol>{FORM}".encode()

    async def render_POST(self, request):
        text = request.args.get(b"text", [b""])[0].decode("utf-8", "replace")
        await asyncio.sleep(0)  # a database, in a real program
        self.entries.append(text)
        return redirectTo(b"/", request)


class Entry(Resource):
    """One entry."""

    isLeaf = True

    def __init__(self, text):
        super().__init__()
        self.text = text

    def render_GET(self, request):
        return f"<!DOCTYPE html><h1>{escape(self.text)}</h1>".encode()


def make_site(directory=None):
    root = Book()
    if directory is not None:
        root.putChild(b"files", File(directory))
    return Site(root)


async def main(port=8080, directory=".", until=None):
    reactor = sennit.current_reactor()
    site = make_site(directory)
    listening = reactor.listenTCP(port, site, interface="127.0.0.1")
    print(f"http://127.0.0.1:{listening.getHost().port}/")
    await (until or sennit.Deferred())
    await listening.stopListening()
    await site.drain()


if __name__ == "__main__":
    sennit.run(main)
