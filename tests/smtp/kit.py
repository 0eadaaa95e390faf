"""Conversations in memory, for the tests of the SMTP room."""

from __future__ import annotations

from sennit.smtp import BodyEnd, BodyPart, ChunkEnd, Command, Reply, ServerConnection, Violation

OK = Reply(250, ("ok",))
GO_ON = Reply(354, ("go on",))
HELLO = b"EHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"


def default_reply(event):
    """Say yes to everything."""
    match event:
        case Violation(reply):
            return reply
        case Command(b"DATA"):
            return GO_ON
        case Command(b"QUIT"):
            return Reply(221, ("bye",))
        case Command(b"AUTH"):
            return Reply(334, ("",))
        case Command(b"STARTTLS"):
            return Reply(220, ("begin",))
        case Command() | BodyEnd() | ChunkEnd():
            return OK
        case _:
            return Reply(235, ("welcome",))


def converse(pieces, *, answer=default_reply, connection=None):
    """Feed a server, answer all, and return the events, with a body in one part, and the replies."""
    server = connection or ServerConnection()
    replies = [server.send(Reply(220, ("mail.example",)))]
    events = []
    for piece in pieces:
        server.receive_data(piece)
        while (event := server.next_event()) is not None:
            if isinstance(event, BodyPart):
                if events and isinstance(events[-1], BodyPart):
                    event = BodyPart(events.pop().data + event.data)
                events.append(event)
                continue
            events.append(event)
            while server.replies_due:
                replies.append(server.send(answer(event)))
    return events, b"".join(replies)
