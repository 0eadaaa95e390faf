"""MTA-STS: what a domain asks of those who send to it, fetched over https and kept (RFC 8461).

A policy is text at ``https://mta-sts.DOMAIN/.well-known/mta-sts.txt``; a TXT record at ``_mta-sts.DOMAIN``
tells by its id when there is a new one.  Both are asked of functions: this file knows neither HTTP nor DNS.

- What was fetched holds until its `max_age` is over, whatever becomes of the record or of the web server
meanwhile: who can block either is not to be able to undo the policy (section 5.1).
- It is fetched anew when the record's id changes; without records, once it is a day old.
- A fetch that failed is not tried again for some minutes (section 3.3).
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.log import Logger
from sennit.smtp.addresses import valid_domain
from sennit.smtp.routing import Policy

__all__ = ["LARGEST_POLICY", "FetchPolicy", "FindRecord", "PolicyError", "StrictTransport", "parse_policy"]

LARGEST_POLICY = 65536
"""How many octets of a policy are looked at."""

_LONGEST_AGE = 31_557_600
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*")
_RECORD = re.compile(r"v=STSv1[ \t]*;(?:.*;)?[ \t]*id=([A-Za-z0-9]{1,32})[ \t]*(?:;.*)?")
_MODES = {"enforce", "testing", "none"}
_log = Logger()

FetchPolicy = Callable[[str], Awaitable[bytes]]
"""Gives what is at an https URL, from a server that proves its name and by status 200, without following a
redirection (section 3.3); raises what it will if there is nothing."""
FindRecord = Callable[[str], Awaitable[str | None]]
"""Gives the text of the one TXT record of a name that begins with ``v=STSv1``; None if there is none."""


class PolicyError(ValueError):
    """What should be a policy is none."""


def parse_policy(text: bytes) -> tuple[Policy, int]:
    """Read a policy (section 3.2).

    Returns:
        The policy, and for how many seconds it holds.

    Raises:
        PolicyError: If it is none.
    """
    try:
        lines = text[:LARGEST_POLICY].decode().split("\n")
    except UnicodeDecodeError:
        raise PolicyError("A policy is written in UTF-8.") from None
    fields: dict[str, str] = {}
    servers: list[str] = []
    for line in lines:
        match = _FIELD.fullmatch(line.removesuffix("\r"))
        if match is None:
            if line.strip():
                raise PolicyError(f"A line of a policy is a key, a colon and a value, not {line[:80]!r}.")
            continue
        key, value = match.groups()
        if key == "mx":
            servers.append(value)
        else:
            # The first counts, and those that nobody knows are for later versions.
            fields.setdefault(key, value)
    if fields.get("version") != "STSv1":
        raise PolicyError("The version of a policy is STSv1.")
    mode = fields.get("mode", "")
    if mode not in _MODES:
        raise PolicyError(f"The mode of a policy is enforce, testing or none, not {mode[:80]!r}.")
    if mode != "none" and not servers:
        raise PolicyError("A policy names one server at least.")
    for pattern in servers:
        if not valid_domain(pattern.removeprefix("*.")) or pattern.startswith("["):
            raise PolicyError(f"A policy names servers by their domain names, not {pattern[:80]!r}.")
    try:
        age = parse_decimal(fields.get("max_age", ""), _LONGEST_AGE)
    except NumberError:
        raise PolicyError(f"The max_age of a policy is 0 to {_LONGEST_AGE} seconds.") from None
    return Policy(mode == "enforce", tuple(servers) if mode != "none" else ()), age


@dataclass(slots=True)
class _Kept:
    """What is known of a domain.

    Attributes:
        policy: Its policy; None if it has none, or none could be had.
        id: The id of the record that it was fetched for; empty without one.
        until: When that is over.
        asked: When it was last asked for.
        failed: Whether that came to nothing.
    """

    policy: Policy | None
    id: str
    until: float
    asked: float
    failed: bool = False


class StrictTransport:
    """Finds the policies of domains: a `sennit.smtp.routing.FindPolicy` for a `Mailer`.

    Args:
        fetch: Gets a policy's text.
        find_record: Gives a TXT record; without it every domain's web server is asked.
        seconds: The clock, on which nothing runs back.
        most: How many domains are kept; the one that was asked for the longest ago goes first.
        recheck: After how many seconds a policy is fetched anew if there are no records.
        pause: After how many seconds a fetch that failed is tried again.
    """

    def __init__(
        self,
        fetch: FetchPolicy,
        find_record: FindRecord | None = None,
        *,
        seconds: Callable[[], float] = time.monotonic,
        most: int = 10_000,
        recheck: float = 86400,
        pause: float = 300,
    ) -> None:
        self._fetch = fetch
        self._find_record = find_record
        self._seconds = seconds
        self._most = most
        self._recheck = recheck
        self._pause = pause
        self._kept: dict[str, _Kept] = {}

    async def __call__(self, domain: str) -> Policy | None:
        """Give a domain's policy, or None if it has none."""
        domain = domain.lower().rstrip(".")
        if domain.startswith("["):
            return None
        now = self._seconds()
        kept = self._kept.pop(domain, None)
        if kept is not None and kept.until <= now:
            kept = None
        record = "" if self._find_record is None else await self._id_of(domain)
        if self._is_due(kept, record, now):
            kept = await self._fetched(domain, record or "", kept, now)
        if kept is None:
            return None
        self._kept[domain] = kept
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return kept.policy

    async def _id_of(self, domain: str) -> str | None:
        assert self._find_record is not None
        try:
            text = await self._find_record(f"_mta-sts.{domain}")
        except Exception:
            _log.failure("The record of the mail policy of {domain} could not be found.", domain=domain)
            return None
        match = _RECORD.fullmatch(text) if text is not None else None
        return None if match is None else match[1]

    def _is_due(self, kept: _Kept | None, record: str | None, now: float) -> bool:
        """Tell whether a policy is to be fetched, where a record has this id, or none."""
        if record is None:
            return False
        if kept is None:
            return True
        age = now - kept.asked
        if kept.failed and age < self._pause:
            return False
        return kept.id != record or (self._find_record is None and age >= self._recheck)

    async def _fetched(self, domain: str, record: str, before: _Kept | None, now: float) -> _Kept:
        try:
            policy, age = parse_policy(await self._fetch(f"https://mta-sts.{domain}/.well-known/mta-sts.txt"))
        except Exception as error:
            _log.debug("There is no mail policy of {domain}: {error}", domain=domain, error=error)
            if before is not None and before.policy is not None:
                return _Kept(before.policy, before.id, before.until, now, failed=True)
            return _Kept(None, record, now + self._pause, now, failed=True)
        return _Kept(policy, record, now + age, now)
