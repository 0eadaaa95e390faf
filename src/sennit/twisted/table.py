"""Which Twisted module is made of which of ours: the whole drop-in, readable from top to bottom.

A row's value is a tuple of sources, searched in order: ``"sennit.x"`` is a whole module, ``"sennit.x:A B=C"``
is some names of one, ``B`` under the name ``C``.  A row without sources is a package that only holds others.
Twisted modules that are not here do not exist for the program.
"""

from __future__ import annotations

from typing import Final

__all__ = ["PLUGINS", "REACTOR", "TABLE"]

# The package whose modules are not ours: any distribution may bring some.
PLUGINS: Final = "twisted.plugins"

REACTOR: Final = "twisted.internet.reactor"

TABLE: Final[dict[str, tuple[str, ...]]] = {
    "twisted": ("sennit.twisted.copyright:__version__ version_object=version",),
    "twisted._version": ("sennit.twisted.copyright:version_object=__version__",),
    "twisted.copyright": ("sennit.twisted.copyright:copyright disclaimer longversion version",),
    # The event loop and what runs on it
    "twisted.internet": (),
    "twisted.internet.abstract": ("sennit.twisted.internet.abstract",),
    "twisted.internet.address": ("sennit.core.addresses", "sennit.twisted.python.runtime:platform"),
    "twisted.internet.asyncioreactor": ("sennit.twisted.internet.asyncioreactor",),
    "twisted.internet._resolver": ("sennit.reactor.resolver",),
    "twisted.internet.base": (
        "sennit.reactor:DelayedCall Reactor=ReactorBase",
        "sennit.reactor.resolver:BlockingResolver ThreadedResolver",
        "sennit.transport.connector:StreamConnector=BaseConnector",
        "sennit.transport.listening:Listening=BasePort",
    ),
    "twisted.internet.default": ("sennit.twisted.internet.defaultreactor",),
    "twisted.internet.defer": (
        "sennit.core.deferred",
        "sennit.core.combinators",
        "sennit.core.coroutine",
        "sennit.core.locks",
        "sennit.core.filesystem_lock",
    ),
    "twisted.internet.endpoints": ("sennit.endpoint", "sennit.twisted.internet.endpoint_plugins"),
    "twisted.internet.epollreactor": ("sennit.twisted.internet.epollreactor",),
    "twisted.internet.error": ("sennit.core.errors",),
    "twisted.internet.fdesc": ("sennit.twisted.internet.fdesc",),
    "twisted.internet.inotify": ("sennit.inotify",),
    "twisted.internet.interfaces": ("sennit.core.interfaces", "typing:TYPE_CHECKING"),
    "twisted.internet.gireactor": ("sennit.twisted.internet.gireactor",),
    "twisted.internet.gtk3reactor": ("sennit.twisted.internet.gtk3reactor",),
    "twisted.internet.glib2reactor": ("sennit.twisted.internet.glib2reactor",),
    "twisted.internet.kqreactor": ("sennit.twisted.internet.kqreactor",),
    "twisted.internet.cfreactor": ("sennit.twisted.internet.cfreactor",),
    "twisted.internet.wxreactor": ("sennit.twisted.internet.wxreactor",),
    "twisted.internet.tksupport": ("sennit.twisted.internet.tksupport",),
    "twisted.internet.main": ("sennit.twisted.internet.main",),
    "twisted.internet.pollreactor": ("sennit.twisted.internet.pollreactor",),
    "twisted.internet.process": (
        "sennit.process:PTYProcess Process",
        "sennit.process.reaping:reapAllProcesses reapProcessHandlers",
        "sennit.process.reaping:registerReapProcessHandler unregisterReapProcessHandler",
        "sennit.twisted.internet.main:CONNECTION_DONE CONNECTION_LOST",
    ),
    "twisted.internet.protocol": ("sennit.protocol",),
    REACTOR: ("sennit.twisted.internet.defaultreactor",),
    "twisted.internet.selectreactor": ("sennit.twisted.internet.selectreactor",),
    "twisted.internet.serialport": ("sennit.transport.serial",),
    "twisted.internet.stdio": ("sennit.process.stdio",),
    "twisted.internet.ssl": (
        "sennit.tls:AcceptableCiphers Certificate CertificateOptions CertificateRequest ClientContextFactory",
        "sennit.tls:ContextFactory DN DefaultOpenSSLContextFactory DiffieHellmanParameters DistinguishedName",
        "sennit.tls:KeyPair OpenSSLDefaultPaths PrivateCertificate ProtocolNegotiationSupport SSL TLSVersion",
        "sennit.tls:VerificationError optionsForClientTLS platformTrust protocolNegotiationMechanisms",
        "sennit.tls:trustRootFromCertificates",
    ),
    "twisted.internet._sslverify": (
        "sennit.tls:AcceptableCiphers=OpenSSLAcceptableCiphers CertificateOptions=OpenSSLCertificateOptions",
        "sennit.tls:Certificate",
        "sennit.tls:CertificateRequest ClientTLSOptions DN DistinguishedName IOpenSSLTrustRoot KeyPair",
        "sennit.tls:OpenSSLCertificateAuthorities OpenSSLCipher OpenSSLDefaultPaths PrivateCertificate",
        "sennit.tls:ProtocolNegotiationSupport PublicKey TLSVersion VerificationError optionsForClientTLS",
        "sennit.tls:platformTrust protocolNegotiationMechanisms trustRootFromCertificates",
        "sennit.tls:set_acceptable_protocols=_setAcceptableProtocols",
        "sennit.tls.options:DEFAULT_CURVE=_defaultCurveName",
    ),
    "twisted.internet.task": ("sennit.task",),
    "twisted.internet.tcp": (
        "sennit.transport.tcp:TCPClient=Client TCPConnection=Connection TCPConnector=Connector",
        "sennit.transport.tcp:TCPPort=Port TCPServer=Server",
    ),
    "twisted.internet.testing": ("sennit.testing",),
    "twisted.internet.threads": ("sennit.threads",),
    "twisted.internet.udp": (
        "sennit.transport.udp:UDPPort=Port",
        "sennit.transport.multicast:MulticastPort",
    ),
    "twisted.internet.unix": (
        "sennit.transport.unix:UNIXClient=Client UNIXConnector=Connector UNIXPort=Port UNIXServer=Server",
        "sennit.transport.unix_datagram:ConnectedUNIXDatagramPort=ConnectedDatagramPort",
        "sennit.transport.unix_datagram:UNIXDatagramPort=DatagramPort",
    ),
    "twisted.internet.utils": ("sennit.process.calls", "sennit.twisted.internet.suppressing"),
    # Framing and policies
    "twisted.protocols": (),
    "twisted.protocols.basic": ("sennit.framing.basic",),
    "twisted.protocols.haproxy": ("sennit.endpoint.haproxy:proxyEndpoint",),
    "twisted.protocols.policies": ("sennit.framing.policies",),
    "twisted.protocols.portforward": ("sennit.twisted.protocols.portforward",),
    "twisted.protocols.stateful": ("sennit.twisted.protocols.stateful",),
    "twisted.protocols.tls": (
        "sennit.tls:BufferingTLSTransport CONNECTION_LOST TLSMemoryBIOFactory TLSMemoryBIOProtocol",
        "sennit.protocol:connectionDone",
        "sennit.core.current:current_reactor=_get_default_clock",
    ),
    "twisted.protocols.wire": ("sennit.twisted.protocols.wire",),
    # Raw packets
    "twisted.pair": (),
    "twisted.pair.ethernet": ("sennit.raw.ethernet",),
    "twisted.pair.ip": ("sennit.raw.ip",),
    "twisted.pair.raw": ("sennit.raw.interfaces:IRawDatagramProtocol IRawPacketProtocol",),
    "twisted.pair.rawudp": ("sennit.raw.udp",),
    "twisted.pair.tuntap": ("sennit.raw.tunnel",),
    # What programs' tests take
    "twisted.test": (),
    "twisted.test.iosim": ("sennit.twisted.test.iosim",),
    "twisted.test.proto_helpers": ("sennit.testing",),
    "twisted.trial": (),
    "twisted.trial.itrial": ("sennit.trial.interfaces",),
    "twisted.trial.reporter": (
        "sennit.trial.reporters",
        "sennit.trial.reporters.subunit:TestProtocolClient",
        "typing:TYPE_CHECKING",
    ),
    "twisted.trial.runner": (
        "sennit.trial.runner:TrialRunner",
        "sennit.trial.loader:TestLoader",
        "sennit.trial.suite:DestructiveTestSuite ErrorHolder LoggedSuite TestHolder TestSuite TrialSuite",
        "sennit.trial.suite:NOT_IN_TEST",
        "sennit.trial.naming:filenameToModule isPackage isPackageDirectory isTestCase name samefile",
        "sennit.trial.result:UncleanWarningsReporterWrapper",
    ),
    "twisted.trial.unittest": ("sennit.trial.unittest",),
    "twisted.trial.util": ("sennit.trial.attributes", "sennit.trial.janitor:DirtyReactorAggregateError"),
    # Logging
    "twisted.logger": ("sennit.log",),
    # Services
    "twisted.application": (),
    "twisted.application.internet": ("sennit.app.listening", "sennit.app.timed", "sennit.app.client"),
    "twisted.application.service": ("sennit.app.service",),
    "twisted.application.strports": ("sennit.app.strports",),
    "twisted.plugin": ("sennit.twisted.plugin",),
    PLUGINS: (),
    # Users and what they log in with
    "twisted.cred": (),
    "twisted.cred._digest": ("sennit.cred.digest:calcHA1 calcHA2 calcResponse ALGORITHMS=algorithms",),
    "twisted.cred.checkers": (
        "sennit.cred.checkers",
        "sennit.cred.passwordfile:FilePasswordDB FilePasswordDB=OnDiskUsernamePasswordDatabase",
    ),
    "twisted.cred.credentials": (
        "sennit.cred.credentials:Anonymous SSHPrivateKey UsernameHashedPassword UsernamePassword",
        "sennit.cred.cram",
        "sennit.cred.digest:DigestCredentialFactory DigestedCredentials calcHA1 calcHA2 calcResponse",
        "sennit.cred.interfaces:IAnonymous ICredentials ISSHPrivateKey IUsernameDigestHash",
        "sennit.cred.interfaces:IUsernameHashedPassword IUsernamePassword",
        "sennit.twisted.python.randbytes:secureRandom",
        "typing:TYPE_CHECKING",
    ),
    "twisted.cred.error": (
        "sennit.cred.errors:LoginDenied LoginFailed Unauthorized UnauthorizedLogin UnhandledCredentials",
    ),
    "twisted.cred.portal": ("sennit.cred.portal:IRealm Portal",),
    # The web
    "twisted.web": (),
    "twisted.web.error": ("sennit.web.errors",),
    "twisted.web.http": ("sennit.http", "sennit.http.codes"),
    "twisted.web.http_headers": ("sennit.http.headers",),
    "twisted.web.iweb": (
        "sennit.web.interfaces",
        "sennit.web.interfaces:IRequestEncoder=_IRequestEncoder",
        "sennit.web.interfaces:IRequestEncoderFactory=_IRequestEncoderFactory",
    ),
    "twisted.web.pages": ("sennit.web.pages",),
    "twisted.web.resource": ("sennit.web.resource",),
    "twisted.web.server": (
        "sennit.web.site",
        "sennit.web.request",
        "sennit.web.session",
        "sennit.web.encoding",
    ),
    "twisted.web.static": ("sennit.web.static", "sennit.twisted.python.runtime:platformType"),
    "twisted.web.util": ("sennit.web.redirect",),
    # What programs take from twisted.python
    "twisted.python": (),
    "twisted.python.compat": ("sennit.twisted.python.compat",),
    "twisted.python.components": ("sennit.core.components", "sennit.twisted.python.component_hooks"),
    "twisted.python.context": ("sennit.twisted.python.context",),
    "twisted.python.deprecate": ("sennit.twisted.python.deprecate",),
    "twisted.python.failure": ("sennit.core.failure",),
    "twisted.python.fakepwd": ("sennit.twisted.python.fakepwd",),
    "twisted.python.filepath": ("sennit.twisted.python.filepath", "typing:TYPE_CHECKING"),
    "twisted.python.formmethod": ("sennit.twisted.python.formmethod",),
    "twisted.python.htmlizer": ("sennit.twisted.python.htmlizer",),
    "twisted.python.lockfile": ("sennit.core.filesystem_lock:FilesystemLock isLocked",),
    "twisted.python.log": ("sennit.twisted.python.log",),
    "twisted.python.logfile": ("sennit.twisted.python.logfile",),
    "twisted.python.modules": ("sennit.twisted.python.modules",),
    "twisted.python.monkey": ("sennit.trial.patching",),
    "twisted.python.procutils": ("sennit.twisted.python.procutils",),
    "twisted.python.randbytes": ("sennit.twisted.python.randbytes",),
    "twisted.python.rebuild": ("sennit.twisted.python.rebuild",),
    "twisted.python.reflect": ("sennit.twisted.python.reflect",),
    "twisted.python.roots": ("sennit.twisted.python.roots",),
    "twisted.python.runtime": ("sennit.twisted.python.runtime",),
    "twisted.python.sendmsg": ("sennit.twisted.python.sendmsg",),
    "twisted.python.syslog": ("sennit.twisted.python.syslog",),
    "twisted.python.systemd": ("sennit.twisted.python.systemd",),
    "twisted.python.text": ("sennit.twisted.python.text",),
    "twisted.python.threadable": ("sennit.twisted.python.threadable",),
    "twisted.python.threadpool": ("sennit.threads:ThreadPool WorkerStop",),
    "twisted.python.url": ("hyperlink:URL",),
    "twisted.python.urlpath": ("sennit.web.urlpath",),
    "twisted.python.usage": ("sennit.twisted.python.usage",),
    "twisted.python.util": ("sennit.twisted.python.util",),
    "twisted.python.versions": ("sennit.twisted.python.versions",),
    "twisted.python.zippath": ("sennit.twisted.python.zippath",),
    "twisted.python.zipstream": ("sennit.twisted.python.zipstream",),
    # Objects kept in files
    "twisted.persisted": (),
    "twisted.persisted.aot": ("sennit.twisted.persisted.aot",),
    "twisted.persisted.crefutil": ("sennit.twisted.persisted.crefutil",),
    "twisted.persisted.dirdbm": ("sennit.twisted.persisted.dirdbm",),
    "twisted.persisted.sob": ("sennit.twisted.persisted.sob",),
    "twisted.persisted.styles": ("sennit.twisted.persisted.styles",),
    # Commands
    "twisted.scripts": (),
    "twisted.scripts.htmlizer": ("sennit.twisted.scripts.htmlizer",),
    "twisted.scripts.trial": ("sennit.twisted.scripts.trial",),
}
