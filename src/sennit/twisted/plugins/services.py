"""The services that ``twist`` and ``twistd`` have without other distributions, as plugins."""

from __future__ import annotations

from sennit.twisted.application.service import ServiceMaker

__all__ = ["TwistedFTP", "TwistedINETD", "TwistedPortForward", "TwistedProcmon", "TwistedSOCKS", "TwistedWeb"]

TwistedFTP = ServiceMaker(
    "Twisted FTP",
    "sennit.twisted.tap.ftp",
    "An FTP server: a directory for everybody, and users' own.",
    "ftp",
)
TwistedINETD = ServiceMaker(
    "Twisted INETD Server",
    "sennit.twisted.runner.inetdtap",
    "Internet services: small ones of its own, and programs as in inetd.conf.",
    "inetd",
)
TwistedPortForward = ServiceMaker(
    "Twisted Port-Forwarding",
    "sennit.twisted.tap.portforward",
    "Forwards connections to another host.",
    "portforward",
)
TwistedProcmon = ServiceMaker(
    "Twisted Process Monitor",
    "sennit.twisted.runner.procmontap",
    "Runs a program, and again when it ends.",
    "procmon",
)
TwistedSOCKS = ServiceMaker(
    "Twisted SOCKS",
    "sennit.twisted.tap.socks",
    "A SOCKS 4 server, which connects for its clients.",
    "socks",
)
TwistedWeb = ServiceMaker(
    "Twisted Web",
    "sennit.twisted.web.tap",
    "A web server for files, resources and applications.",
    "web",
)
