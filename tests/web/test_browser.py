"""A real browser on a page with a WebSocket, events, a form and an upload, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess

import pytest

import sennit
from sennit.core.deferred import Deferred
from sennit.endpoint import serverFromString
from sennit.task import deferLater
from sennit.tls.development import write_certificate
from sennit.web import Resource, Site
from sennit.web.event_stream import EventStreamResource
from sennit.web.template import Element, XMLString, renderElement, renderer
from sennit.web.websocket import WebSocketResource

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium command"),
]

SCRIPT = """
const echoed = () => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.href.replace("http", "ws") + "echo")
  const got = []
  socket.onopen = () => { socket.send("hällo"); socket.send(new Uint8Array(70000)) }
  socket.onerror = () => reject("the WebSocket failed")
  socket.onmessage = async message => {
    got.push(typeof message.data === "string" ? message.data : message.data.size)
    if (got.length === 2) socket.close(4000, "done")
  }
  socket.onclose = event => resolve([...got, event.code, socket.extensions.split(";")[0]])
})
const ticked = () => new Promise(resolve => {
  const events = new EventSource("ticks")
  const got = []
  events.addEventListener("tick", event => {
    got.push(event.data + "/" + event.lastEventId)
    if (got.length === 3) { events.close(); resolve(got) }
  })
})
const posted = async (url, body) => (await fetch(url, {method: "POST", body})).text()
const form = new FormData()
form.append("name", "Zoë")
form.append("file", new Blob(["x".repeat(50000)]), "file.txt")
const run = async () => ({
  title: document.title,
  shown: document.getElementById("greeting").textContent,
  echoed: await echoed(),
  ticked: await ticked(),
  form: await posted("form", form),
  upload: await posted("upload", new Blob([new Uint8Array(3000000)])),
  protocol: performance.getEntriesByType("navigation")[0].nextHopProtocol,
})
run().catch(error => ({failed: String(error)})).then(result => posted("done", JSON.stringify(result)))
"""


class Page(Element):
    loader = XMLString(
        '<html xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1"><head><title>Live</title></head>'
        '<body><p id="greeting" t:render="greeting" /><script src="script" type="module"></script></body>'
        "</html>"
    )

    @renderer
    def greeting(self, request, tag):
        return tag("<b> & ä")


class Root(Resource):
    def getChild(self, path, request):
        return self if path == b"" else super().getChild(path, request)

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        return renderElement(request, Page())


class Script(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/javascript; charset=utf-8")
        return SCRIPT.encode()


class Form(Resource):
    isLeaf = True

    def render_POST(self, request):
        return b"%b %d" % (request.args[b"name"][0], len(request.args[b"file"][0]))


class Upload(Resource):
    isLeaf = True
    streams_body = True

    async def render_POST(self, request):
        size = 0
        async for piece in request.body:
            size += len(piece)
        return b"%d" % size


class Done(Resource):
    isLeaf = True

    def __init__(self):
        super().__init__()
        self.result = Deferred()

    def render_POST(self, request):
        self.result.callback(json.loads(request.content.read()))
        return b""


async def echo(websocket):
    spoken.append(websocket.request.clientproto)
    async for message in websocket:
        await websocket.send(message)


spoken = []


async def tick(stream):
    for number in range(1, 100):
        await stream.send(f"{number}", event="tick", id=str(number))
        await deferLater(sennit.current_reactor(), 0.05)


@pytest.mark.parametrize("secure", [False, True])
def test_chromium_shows_sends_and_hears(tmp_path, secure):
    spoken.clear()

    async def main():
        done = Done()
        root = Root()
        for name, child in {
            b"script": Script(),
            b"echo": WebSocketResource(echo),
            b"ticks": EventStreamResource(tick),
            b"form": Form(),
            b"upload": Upload(),
            b"done": done,
        }.items():
            root.putChild(name, child)
        site = Site(root, http2=True, stream_bodies=True)
        description = "tcp:0:interface=127.0.0.1"
        if secure:
            both, _ = write_certificate(tmp_path, ["localhost"])
            description = f"ssl:0:interface=127.0.0.1:privateKey={both}:certKey={both}"
        port = await serverFromString(sennit.current_reactor(), description).listen(site)
        url = f"http{'s' if secure else ''}://localhost:{port.getHost().port}/"
        browser = await asyncio.to_thread(
            subprocess.Popen,
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors",
                "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}",
                "--remote-debugging-port=0", url,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                return await done.result
        finally:
            browser.terminate()
            await asyncio.to_thread(browser.wait, 20)
            await port.stopListening()
            await site.drain()

    assert sennit.run(main) == {
        "title": "Live",
        "shown": "<b> & ä",
        "echoed": ["hällo", 70000, 4000, "permessage-deflate"],
        "ticked": ["1/1", "2/2", "3/3"],
        "form": "Zoë 50000",
        "upload": "3000000",
        "protocol": "h2" if secure else "http/1.1",
    }
    assert spoken == [b"HTTP/2" if secure else b"HTTP/1.1"]
