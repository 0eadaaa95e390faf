"""``twisted.web.server``: sites whose cookies are called as programs and their balancers know them."""

from __future__ import annotations

from sennit.web import site

__all__ = ["Site"]


class Site(site.Site):
    """A site, as `sennit.web.Site`; its sessions' cookies have other names."""

    session_cookie = b"TWISTED_SESSION"
    secure_session_cookie = b"TWISTED_SECURE_SESSION"
