"""Where ``sennit mail send`` gets the policies of domains from (MTA-STS, RFC 8461): their web servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sennit.smtp.strict_transport import LARGEST_POLICY, PolicyError, StrictTransport

if TYPE_CHECKING:
    from sennit.http.client import Client

__all__ = ["fetch_policy", "policies", "sending_by"]


async def fetch_policy(client: Client, url: str) -> bytes:
    """Get a policy's text (section 3.3).

    Args:
        client: One that follows no redirections, and verifies servers.
        url: Where it is.

    Raises:
        PolicyError: If something else is there.
    """
    async with client.get(url) as response:
        if response.status != 200:
            raise PolicyError(f"{url} is answered by {response.status}.")
        kind = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "text/plain":
            raise PolicyError(f"{url} is {kind or 'of no type'}, and a policy is text/plain.")
        return await response.read(LARGEST_POLICY)


def policies(connect_timeout: float) -> StrictTransport:
    """Make what finds policies, over https and with the platform's authorities."""
    from sennit.http.client import Client, Timeouts

    # A minute is what section 3.3 allows for it.
    limits = Timeouts(connect=connect_timeout, tls=connect_timeout, total=60)

    async def fetch(url: str) -> bytes:
        async with Client(redirects=0, timeouts=limits) as client:
            return await fetch_policy(client, url)

    return StrictTransport(fetch)


def sending_by(server: Any, connect_timeout: float) -> dict[str, Any]:
    """Give the settings of a mailer that sends to one server, if the recipients' domains allow it."""

    async def find_servers(_: str) -> list[Any]:
        return [server]

    return {"find_servers": find_servers, "find_policy": policies(connect_timeout)}
