"""Services and what they make up: applications, listeners, clients that stay connected, timers.

A `Service` starts and stops; a `MultiService` is a tree of them.  `StreamServerEndpointService` listens
on an endpoint, `ClientService` keeps a connection to one, `TimerService` calls a function at an interval.
`serve` puts listeners and a graceful shutdown together.
"""

from __future__ import annotations

from sennit.app.client import ClientService, backoffPolicy
from sennit.app.interfaces import IProcess, IService, IServiceCollection, IServiceMaker
from sennit.app.listening import (
    DatagramEndpointService,
    MulticastServer,
    SSLClient,
    SSLServer,
    StreamServerEndpointService,
    TCPClient,
    TCPServer,
    UDPServer,
    UNIXClient,
    UNIXDatagramClient,
    UNIXDatagramServer,
    UNIXServer,
)
from sennit.app.loading import loadApplication
from sennit.app.service import Application, MultiService, Process, Service, ServiceMaker
from sennit.app.supervised import ProgramService, TaskService
from sennit.app.supervision import Child, Supervisor, TooManyRestartsError
from sennit.app.timed import CooperatorService, TimerService

__all__ = [
    "Application",
    "Child",
    "ClientService",
    "CooperatorService",
    "DatagramEndpointService",
    "IProcess",
    "IService",
    "IServiceCollection",
    "IServiceMaker",
    "MultiService",
    "MulticastServer",
    "Process",
    "ProgramService",
    "SSLClient",
    "SSLServer",
    "Service",
    "ServiceMaker",
    "StreamServerEndpointService",
    "Supervisor",
    "TCPClient",
    "TCPServer",
    "TaskService",
    "TimerService",
    "TooManyRestartsError",
    "UDPServer",
    "UNIXClient",
    "UNIXDatagramClient",
    "UNIXDatagramServer",
    "UNIXServer",
    "backoffPolicy",
    "loadApplication",
]
