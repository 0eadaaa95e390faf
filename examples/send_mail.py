"""Two messages over one connection, and what became of each recipient."""

import sys
from email.message import EmailMessage

import sennit
from sennit.smtp.mailer import Mailer
from sennit.smtp.routing import MailServer

RECIPIENTS = ["bob@example.org", "eve@example.net"]


def letter(subject):
    message = EmailMessage()
    message["From"] = "Ann <ann@example.com>"
    message["To"] = "Bob <bob@example.org>"
    message["Subject"] = subject
    message.set_content("Hello!")
    return message


async def main(server):
    lines = []
    async with Mailer(MailServer.parse(server)) as mailer:
        for subject in ("First", "Second"):
            sent = await mailer.send(letter(subject), "ann@example.com", RECIPIENTS)
            lines += [f"{subject}: {name} {reply.code} {reply.text}" for name, reply in sent.replies.items()]
    return lines


if __name__ == "__main__":
    print(*sennit.run(main, sys.argv[1]), sep="\n")
