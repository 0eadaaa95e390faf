"""A wall that notes are pinned to: a page made of an XML template, sent as its parts become known."""

from __future__ import annotations

import sennit
from sennit.core.deferred import Deferred
from sennit.task import deferLater
from sennit.web import Resource, Site, redirectTo
from sennit.web.template import Element, XMLString, renderElement, renderer, tags

PAGE = XMLString("""\
<html xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1">
  <head><title>Notes</title></head>
  <body>
    <ul><li t:render="notes"><b><t:slot name="who" /></b>: <t:slot name="text" /></li></ul>
    <form method="post"><input name="who" /><input name="text" /><button>Pin</button></form>
    <p t:render="weather">Outside: </p>
  </body>
</html>
""")


class Wall(Element):
    loader = PAGE

    def __init__(self, notes):
        super().__init__()
        self.pinned = notes

    @renderer
    def notes(self, request, tag):
        for who, text in self.pinned:
            yield tag.clone().fillSlots(who=who, text=text)

    @renderer
    async def weather(self, request, tag):
        # The page until here is already at the browser.
        await deferLater(sennit.current_reactor(), 0.1)
        return tag(tags.em("sunny"))


class WallPage(Resource):
    isLeaf = True

    def __init__(self):
        super().__init__()
        self.notes = [("Ann", "<script> is just text here")]

    def render_GET(self, request):
        return renderElement(request, Wall(self.notes))

    def render_POST(self, request):
        who, text = (request.args.get(name, [b""])[0] for name in (b"who", b"text"))
        self.notes.append((who.decode("utf-8", "replace"), text.decode("utf-8", "replace")))
        return redirectTo(b"/", request)


async def main():
    sennit.current_reactor().listenTCP(8080, Site(WallPage()))
    print("http://localhost:8080/")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main)
