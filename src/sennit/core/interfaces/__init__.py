"""Every interface of the framework, as `zope.interface` interfaces.

They are what rooms agree on, and what classes outside of this package declare with `implementer`.
"""

from __future__ import annotations

from sennit.core.interfaces.address import IAddress
from sennit.core.interfaces.datagram import (
    IMulticastTransport,
    IReactorMulticast,
    IReactorUDP,
    IReactorUNIXDatagram,
    IUDPTransport,
    IUNIXDatagramConnectedTransport,
    IUNIXDatagramTransport,
)
from sennit.core.interfaces.descriptor import (
    IFileDescriptor,
    IHalfCloseableDescriptor,
    IReactorFDSet,
    IReactorWin32Events,
    IReadDescriptor,
    IReadWriteDescriptor,
    IWriteDescriptor,
)
from sennit.core.interfaces.endpoint import (
    IStreamClientEndpoint,
    IStreamClientEndpointStringParserWithReactor,
    IStreamServerEndpoint,
    IStreamServerEndpointStringParser,
)
from sennit.core.interfaces.lifecycle import IReactorCore, IReactorDaemonize
from sennit.core.interfaces.process import IProcessProtocol, IProcessTransport, IReactorProcess
from sennit.core.interfaces.producer import IConsumer, IProducer, IPullProducer, IPushProducer
from sennit.core.interfaces.protocol import (
    IClientFactory,
    IFileDescriptorReceiver,
    IHalfCloseableProtocol,
    IHandshakeListener,
    ILoggingContext,
    IProtocol,
    IProtocolFactory,
)
from sennit.core.interfaces.resolver import (
    IHostnameResolver,
    IHostResolution,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
    IResolutionReceiver,
    IResolver,
    IResolverSimple,
)
from sennit.core.interfaces.service import IServiceCollection
from sennit.core.interfaces.stream import Binding, IReactorSocket, IReactorTCP, IReactorTCP2, IReactorUNIX
from sennit.core.interfaces.threads import IReactorFromThreads, IReactorInThreads, IReactorThreads
from sennit.core.interfaces.time import IDelayedCall, IReactorTime
from sennit.core.interfaces.tls import (
    IAcceptableCiphers,
    ICipher,
    INegotiated,
    IOpenSSLClientConnectionCreator,
    IOpenSSLContextFactory,
    IOpenSSLServerConnectionCreator,
    IProtocolNegotiationFactory,
    IReactorSSL,
    ISSLTransport,
    ITLSTransport,
)
from sennit.core.interfaces.transport import (
    IConnector,
    IListeningPort,
    ISystemHandle,
    ITCPTransport,
    ITransport,
    IUNIXTransport,
)

__all__ = [
    "Binding",
    "IAcceptableCiphers",
    "IAddress",
    "ICipher",
    "IClientFactory",
    "IConnector",
    "IConsumer",
    "IDelayedCall",
    "IFileDescriptor",
    "IFileDescriptorReceiver",
    "IHalfCloseableDescriptor",
    "IHalfCloseableProtocol",
    "IHandshakeListener",
    "IHostResolution",
    "IHostnameResolver",
    "IListeningPort",
    "ILoggingContext",
    "IMulticastTransport",
    "INegotiated",
    "IOpenSSLClientConnectionCreator",
    "IOpenSSLContextFactory",
    "IOpenSSLServerConnectionCreator",
    "IProcessProtocol",
    "IProcessTransport",
    "IProducer",
    "IProtocol",
    "IProtocolFactory",
    "IProtocolNegotiationFactory",
    "IPullProducer",
    "IPushProducer",
    "IReactorCore",
    "IReactorDaemonize",
    "IReactorFDSet",
    "IReactorFromThreads",
    "IReactorInThreads",
    "IReactorMulticast",
    "IReactorPluggableNameResolver",
    "IReactorPluggableResolver",
    "IReactorProcess",
    "IReactorSSL",
    "IReactorSocket",
    "IReactorTCP",
    "IReactorTCP2",
    "IReactorThreads",
    "IReactorTime",
    "IReactorUDP",
    "IReactorUNIX",
    "IReactorUNIXDatagram",
    "IReactorWin32Events",
    "IReadDescriptor",
    "IReadWriteDescriptor",
    "IResolutionReceiver",
    "IResolver",
    "IResolverSimple",
    "ISSLTransport",
    "IServiceCollection",
    "IStreamClientEndpoint",
    "IStreamClientEndpointStringParserWithReactor",
    "IStreamServerEndpoint",
    "IStreamServerEndpointStringParser",
    "ISystemHandle",
    "ITCPTransport",
    "ITLSTransport",
    "ITransport",
    "IUDPTransport",
    "IUNIXDatagramConnectedTransport",
    "IUNIXDatagramTransport",
    "IUNIXTransport",
    "IWriteDescriptor",
]
