"""``sennit mail send --mta-sts``: policies from web servers, and what they forbid."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sennit.cli.mail_policies import fetch_policy, policies
from sennit.core.current import current_reactor
from sennit.endpoint import serverFromString
from sennit.http.client import BodyTooLargeError, Client
from sennit.http.status_errors import InfiniteRedirection
from sennit.smtp.strict_transport import LARGEST_POLICY, PolicyError, StrictTransport
from sennit.web.resource import Resource
from sennit.web.site import Site

SENDING = """
import sennit.cli.mail_policies as mail_policies
from sennit.cli import main
from sennit.smtp.routing import Policy

async def find_policy(domain):
    return Policy(True, ("mx." + domain,))

mail_policies.policies = lambda _: find_policy
main()
"""


class Pages(Resource):
    isLeaf = True

    def render(self, request):
        name = request.path.decode().strip("/")
        request.setHeader("content-type", "text/html" if name == "page" else "Text/Plain; charset=utf-8")
        if name == "missing":
            request.setResponseCode(404)
        if name == "moved":
            request.redirect(b"/policy")
        return b"x" * (LARGEST_POLICY + 1) if name == "large" else b"version: STSv1"


async def test_a_policy_is_plain_text_of_some_size_in_the_place_itself():
    port = await serverFromString(current_reactor(), "tcp:0:interface=127.0.0.1").listen(Site(Pages()))
    where = f"http://127.0.0.1:{port.getHost().port}"
    async with Client(redirects=0) as client:
        assert await fetch_policy(client, f"{where}/policy") == b"version: STSv1"
        with pytest.raises(PolicyError, match="404"):
            await fetch_policy(client, f"{where}/missing")
        with pytest.raises(PolicyError, match="text/plain"):
            await fetch_policy(client, f"{where}/page")
        with pytest.raises(BodyTooLargeError):
            await fetch_policy(client, f"{where}/large")
        with pytest.raises((PolicyError, InfiniteRedirection)):
            await fetch_policy(client, f"{where}/moved")
    await port.stopListening()


def test_policies_are_found_over_https():
    assert isinstance(policies(1), StrictTransport)


def test_a_server_that_a_policy_does_not_name_is_not_sent_to():
    words = ["-f", "a@example.com", "-t", "b@example.org", "-s", "127.0.0.1:1", "--mta-sts", "-"]
    done = subprocess.run(
        [sys.executable, "-c", SENDING, "mail", "send", *words],
        input=b"x",
        capture_output=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        timeout=60,
        check=False,
    )
    assert done.returncode == os.EX_TEMPFAIL, done.stderr
    assert b"b@example.org: 451 No server of example.org is one that its policy allows." in done.stderr
