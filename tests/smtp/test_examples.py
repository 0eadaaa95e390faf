"""The examples of the mail documentation, and the state diagram in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import sennit
from sennit.smtp.state import diagram

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_example_sends_the_example_takes():
    server, client = load("mail_server"), load("send_mail")

    async def main():
        port = server.listen(0)
        try:
            return await client.main(f"127.0.0.1:{port.getHost().port}")
        finally:
            await port.stopListening()

    lines = sennit.run(main)
    assert lines == [
        "First: bob@example.org 250 Delivery in progress",
        "First: eve@example.net 550 Cannot receive for specified address",
        "Second: bob@example.org 250 Delivery in progress",
        "Second: eve@example.net 550 Cannot receive for specified address",
    ]
    assert [name for name, _ in server.MESSAGES] == ["bob@example.org"] * 2
    assert b"\nSubject: Second\n" in server.MESSAGES[1][1]


def test_the_state_diagram_in_the_documentation_is_that_of_the_table():
    page = (ROOT / "docs" / "reference" / "smtp.md").read_text()
    _, _, rest = page.partition("```mermaid\n")
    assert rest.partition("```")[0] == diagram()
