"""The ASGI application of the contenders: it says hello, and tells the length of what is posted."""

from __future__ import annotations


async def hello(scope, receive, send):
    body = b"Hello, world!"
    if scope["method"] == "POST":
        length, more = 0, True
        while more:
            event = await receive()
            length += len(event.get("body", b""))
            more = event.get("more_body", False)
        body = b"%d" % length
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
