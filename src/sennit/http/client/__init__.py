"""An HTTP client (RFC 9110, RFC 9112): agents that make requests, the connections and pools under them.

`Agent` asks the server of a URI; `RedirectAgent`, `ContentDecoderAgent` and `CookieAgent` stand around it, by
Twisted's names.  `Client` is all of them in one, for coroutines.
"""

from __future__ import annotations

from sennit.http.client.agent import Agent, ProxyAgent
from sennit.http.client.cookies import CookieAgent
from sennit.http.client.decoding import (
    BrotliDecoder,
    ContentDecoderAgent,
    DeflateDecoder,
    GzipDecoder,
    ZstdDecoder,
    available_decoders,
)
from sennit.http.client.errors import (
    BodyTooLargeError,
    ContentDecodingError,
    PartialDownloadError,
    PhaseTimeoutError,
    PotentialDataLoss,
    RequestGenerationFailed,
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
    SchemeNotSupported,
)
from sennit.http.client.interfaces import (
    UNKNOWN_LENGTH,
    IAgent,
    IAgentEndpointFactory,
    IBodyProducer,
    IClientRequest,
    IPolicyForHTTPS,
    IResponse,
)
from sennit.http.client.limits import ClientLimits, Timeouts
from sennit.http.client.multiplexing import MultiplexingPool
from sennit.http.client.policy import BrowserLikePolicyForHTTPS, HostnameCachingHTTPSPolicy
from sennit.http.client.pool import HTTPConnectionPool
from sennit.http.client.producers import AsyncBody, BytesBody, FileBodyProducer
from sennit.http.client.proxying import Proxies
from sennit.http.client.reading import readBody
from sennit.http.client.redirect import BrowserLikeRedirectAgent, RedirectAgent
from sennit.http.client.response import Response
from sennit.http.client.session import Client
from sennit.http.client.streamed import ClientResponse
from sennit.http.client.uri import URI

__all__ = [
    "UNKNOWN_LENGTH",
    "URI",
    "Agent",
    "AsyncBody",
    "BodyTooLargeError",
    "BrotliDecoder",
    "BrowserLikePolicyForHTTPS",
    "BrowserLikeRedirectAgent",
    "BytesBody",
    "Client",
    "ClientLimits",
    "ClientResponse",
    "ContentDecoderAgent",
    "ContentDecodingError",
    "CookieAgent",
    "DeflateDecoder",
    "FileBodyProducer",
    "GzipDecoder",
    "HTTPConnectionPool",
    "HostnameCachingHTTPSPolicy",
    "IAgent",
    "IAgentEndpointFactory",
    "IBodyProducer",
    "IClientRequest",
    "IPolicyForHTTPS",
    "IResponse",
    "MultiplexingPool",
    "PartialDownloadError",
    "PhaseTimeoutError",
    "PotentialDataLoss",
    "Proxies",
    "ProxyAgent",
    "RedirectAgent",
    "RequestGenerationFailed",
    "RequestNotSent",
    "RequestTransmissionFailed",
    "Response",
    "ResponseDone",
    "ResponseFailed",
    "ResponseNeverReceived",
    "SchemeNotSupported",
    "Timeouts",
    "ZstdDecoder",
    "available_decoders",
    "readBody",
]
