"""A page that talks with its server: a WebSocket that echoes, events that tick, an upload that is counted.

Run it, and open the URL that it prints.
"""

import sennit
from sennit.core.deferred import Deferred
from sennit.task import deferLater
from sennit.web import Resource, Site
from sennit.web.event_stream import EventStreamResource
from sennit.web.websocket import WebSocketResource

PAGE = """<!DOCTYPE html>
<title>Live</title>
<form id="say"><input name="text" value="hello"><button>Say</button></form>
<input id="file" type="file">
<pre id="log"></pre>
<script>
const log = line => { document.getElementById("log").textContent += line + "\\n" }
const socket = new WebSocket(location.href.replace("http", "ws") + "echo")
socket.onmessage = message => log("echo " + message.data)
const events = new EventSource("ticks")
events.onmessage = event => { log("tick " + event.data); if (event.data === "3") events.close() }
document.getElementById("say").onsubmit = event => {
  event.preventDefault()
  socket.send(new FormData(event.target).get("text"))
}
document.getElementById("file").onchange = async event => {
  const answer = await fetch("upload", {method: "POST", body: event.target.files[0]})
  log("upload " + await answer.text())
}
</script>
"""


class Page(Resource):
    def getChild(self, path, request):
        return self if path == b"" else super().getChild(path, request)

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        return PAGE.encode()


class Upload(Resource):
    """Reads a body while it arrives, and keeps nothing of it."""

    isLeaf = True
    streams_body = True
    body_limit = 1 << 34

    async def render_POST(self, request):
        size = 0
        async for piece in request.body:
            size += len(piece)
        return b"%d octets" % size


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def tick(stream):
    for number in range(1, 1000):
        await stream.send(str(number), id=str(number))
        await deferLater(sennit.current_reactor(), 1.0)


def make_site():
    root = Page()
    root.putChild(b"echo", WebSocketResource(echo))
    root.putChild(b"ticks", EventStreamResource(tick))
    root.putChild(b"upload", Upload())
    return Site(root, stream_bodies=True)


async def main(port=8080):
    listening = sennit.current_reactor().listenTCP(port, make_site(), interface="127.0.0.1")
    print(f"http://127.0.0.1:{listening.getHost().port}/")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main)
