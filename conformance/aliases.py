"""Private names of Twisted's by which its tests reach public things, and where those are in Sennit.

They are there for the tests alone; the drop-in's own table has what programs import.  A private name that
stands for nothing of ours is a stand-in (`conformance.private`): a test that uses it fails, the rest of its
module runs.
"""

from __future__ import annotations

from typing import Any

from sennit.http import codes

__all__ = ["ALIASES", "attach"]

_LOG = tuple(
    f"sennit.log{room}"
    for room in ("", ".capture", ".files", ".filters", ".flatten", ".formatting", ".legacy", ".start")
)
_NO = "conformance.private:"
_CODES = [name for name, value in vars(codes).items() if name.isupper() and isinstance(value, int)]

ALIASES: dict[str, tuple[str, ...]] = {
    **{
        f"twisted.logger._{name}": _LOG
        for name in (
            *(
                "buffer",
                "capture",
                "file",
                "filter",
                "flatten",
                "format",
                "global",
                "interfaces",
                "io",
                "json",
            ),
            *("legacy", "levels", "logger", "observer", "stdlib", "util"),
        )
    },
    "twisted.logger._flatten": (*_LOG, _NO + "KeyFlattener aFormatter"),
    "twisted.logger._format": (*_LOG, _NO + "formatUnformattableEvent formatWithCall"),
    "twisted.logger._global": (*_LOG, _NO + "MORE_THAN_ONCE_WARNING"),
    "twisted.logger._json": (*_LOG, "sennit.log.jsonlog:_log=log"),
    "twisted.logger._util": (*_LOG, _NO + "formatTrace"),
    "twisted.python._inotify": ("sennit.inotify",),
    "twisted.python._tzhelper": (_NO + "FixedOffsetTimeZone",),
    "twisted._threads": (
        "conformance.private:Team memory_worker=createMemoryWorker",
        "conformance.private:Coordinator=LockWorker",
    ),
    "twisted.internet._baseprocess": (_NO + "BaseProcess",),
    "twisted.internet._glibbase": (_NO + "ensureNotImported",),
    "twisted.internet._sslverify": (
        "sennit.core.interfaces:ICipher",
        "sennit.core.errors:VerifyError",
        "sennit.tls:DiffieHellmanParameters=OpenSSLDiffieHellmanParameters SSL",
        _NO + "_ChooseDiffieHellmanEllipticCurve _expandCipherString _verifyCB",
    ),
    "twisted.internet._newtls": (_NO + "_BypassTLS",),
    "twisted.internet._idna": (_NO + "idna_text=_idnaText",),
    # What Twisted has here is for main loops of others; in its place the reactor that programs get is tested.
    "twisted.internet._threadedselect": (
        "sennit.twisted.internet.defaultreactor:DefaultReactor=ThreadedSelectReactor",
    ),
    "twisted.internet._signals": (_NO + "installHandler isDefaultHandler",),
    "twisted.internet.address": ("sennit.core.addresses:ProcessAddress=_ProcessAddress",),
    "twisted.internet.default": (_NO + "_getInstallFunction",),
    "twisted.internet.defer": (_NO + "_DeferredListResultListT _DeferredListSingleResultT _T",),
    "twisted.internet.endpoints": (
        "conformance.private:FunctionResolver=_SimpleHostnameResolver",
        "sennit.endpoint.connecting:ConnectingFactory=_WrappingFactory",
        "sennit.endpoint.process:ProcessEndpointTransport=_ProcessEndpointTransport _Child=_WrapIProtocol",
        "sennit.endpoint.tls:WrapperClientEndpoint=_WrapperEndpoint",
        "sennit.endpoint.tls:WrapperServerEndpoint=_WrapperServerEndpoint",
        _NO + "_StandardIOParser _SystemdParser _TCP6ServerParser _TLSServerEndpoint _WrappingProtocol",
        _NO + "_loadCAsFromDir _parse _parseServer",
    ),
    "twisted.internet.base": ("sennit.reactor:Reactor=PluggableResolverMixin",),
    "twisted.internet.posixbase": (_NO + "_ContinuousPolling _Waker",),
    "twisted.internet.process": (
        _NO + "ProcessReader ProcessWriter _getFileActions open_descriptors=_listOpenFDs",
    ),
    "twisted.internet.ssl": ("conformance.private:supported",),
    "twisted.internet.tcp": (
        _NO + "_ACCEPT_ERRORS _BuffersLogs _FileDescriptorReservation _IFileDescriptorReservation",
        "conformance.private:NUMERIC_ONLY=_NUMERIC_ONLY",
        _NO + "_NullFileDescriptorReservation _resolveIPv6",
        "errno:ECONNABORTED EAGAIN EINPROGRESS EMFILE ENFILE ENOBUFS ENOMEM EPERM EWOULDBLOCK",
    ),
    "twisted.internet.unix": (_NO + "_SendmsgMixin",),
    **{
        f"twisted.protocols.haproxy.{name}": ("sennit.haproxy",)
        for name in ("_exceptions", "_info", "_parser", "_v1parser", "_v2parser", "_wrapper")
    },
    "twisted.protocols.haproxy._parser": ("sennit.haproxy", _NO + "unparseEndpoint"),
    "twisted.protocols._sni": (_NO + "PEMObjects SNIConnectionCreator",),
    "twisted.protocols.ftp": (
        "sennit.ftp.files:FileReader=_FileReader FileWriter=_FileWriter",
        "sennit.ftp.transfers:is_pattern=_isGlobbingExpression",
    ),
    "twisted.protocols.loopback": ("sennit.twisted.protocols.loopback:_Queue=_LoopbackQueue",),
    "twisted.protocols._tls_legacy": (_NO + "LegacyContextFactoryWarning",),
    "twisted.protocols.tls": (
        _NO + "SomeConnectionCreator _AggregateSmallWrites _ProducerMembrane _PullToPush",
    ),
    "twisted.python.util": ("os:initgroups=_initgroups",),
    "twisted.python._shellcomp": (
        "sennit.twisted.python.completion:quoted=escape",
        _NO + "SubcommandAction ZshArgumentsGenerator",
    ),
    "twisted.python.usage": ("sennit.twisted.python.usage", _NO + "_ZSH"),
    "twisted.python.deprecate": (
        "sennit.twisted.python.reflect:fullyQualifiedName=_fullyQualifiedName",
        _NO + "_appendToDocstring _getDeprecationDocstring _getDeprecationWarningString",
        _NO + "_mutuallyExclusiveArguments _passedSignature",
    ),
    "twisted.python.failure": (
        "sennit.core.failure",
        "sennit.core.failure_format:CodeStandIn=_Code FrameStandIn=_Frame TracebackStandIn=_TracebackFrame",
        "sennit.core.failure_format:stand_in_traceback=_Traceback",
    ),
    "twisted.python.filepath": (
        "conformance.private:coerced=_coerceToFilesystemEncoding as_bytes=_asFilesystemBytes",
        _NO + "FileMode",
    ),
    "twisted.plugins.twisted_trial": ("sennit.twisted.plugins.trial_reporters:ReporterPlugin=_Reporter",),
    "twisted.scripts.trial": (
        "conformance.scaffolding:make_loader=_getLoader make_runner=_makeRunner suite=_getSuite",
        "sennit.trial.options:processors=_autoJobs",
        _NO + "_DebuggerNotFound _parseLocalVariables _runOrders",
    ),
    "twisted.trial._asyncrunner": (
        "sennit.trial.suite:each_test=_iterateTests",
        "conformance.scaffolding:CollectingGarbage=_ForceGarbageCollectionDecorator",
        _NO + "_clearSuite",
    ),
    "twisted.trial._dist": (),
    "twisted.trial._dist.disttrial": ("sennit.trial.parallel.pool:ParallelRunner=DistTrialRunner",),
    "twisted.trial._dist.functional": ("conformance.scaffolding:compose",),
    "twisted.trial._synctest": (
        "conformance.scaffolding:collected=_collectWarnings",
        "sennit.trial.warned:WarningGiven=_Warning",
        _NO + "_LogObserver _setWarningRegistryToNone _logObserver",
    ),
    "twisted.trial.reporter": (
        "sennit.trial.result:StoppingAtFirst=_ExitWrapper",
        "sennit.trial.suite:TellingAs=_AdaptedReporter",
    ),
    "twisted.trial.runner": (_NO + "_Runner",),
    "twisted.trial.util": (_NO + "_Janitor openTestLog",),
    "twisted.web._newclient": (
        "conformance.web:HTTPParser ToldParser=HTTPClientParser",
        _NO + "makeStatefulDispatcher",
    ),
    # Not built yet; tests of other things import it.
    "twisted.spread": (),
    "twisted.spread.pb": (_NO + "PBServerFactory",),
    "twisted.web._abnf": (
        "conformance.web:decimal=_decint hexadecimal=_hexint is_hexadecimal=_ishexdigits is_token=_istoken",
    ),
    "twisted.web._auth": (),
    "twisted.web._auth.basic": ("sennit.web.guard",),
    "twisted.web._auth.digest": ("sennit.web.guard",),
    "twisted.web._auth.wrapper": ("sennit.web.guard", "sennit.web.guard:_UntilFinished=ResourceWrapper"),
    "twisted.web._element": ("sennit.web.template.element",),
    "twisted.web._flatten": ("sennit.web.template.flattening",),
    "twisted.web._stan": ("sennit.web.template.stan",),
    "twisted.web._template_util": (
        "sennit.web.template",
        "sennit.web.failure_page",
        "sennit.web.failure_page:FrameElement=_FrameElement SourceLineElement=_SourceLineElement",
        "sennit.web.failure_page:StackElement=_StackElement SourceFragmentElement=_SourceFragmentElement",
    ),
    "twisted.web._responses": (f"sennit.http.codes:{' '.join(_CODES)} RESPONSES",),
    "twisted.web._http2": ("conformance.web:Http2Connection=H2Connection",),
    "twisted.web.client": (
        "sennit.http.client.cookies:JarResponse=_FakeStdlibResponse jar_request=_FakeStdlibRequest",
    ),
    "twisted.web.error": ("sennit.web.errors:reason_of=_codeToMessage",),
    "twisted.web.http": (
        _NO + "_IDeprecatedHTTPChannelToRequestInterface",
        "conformance.web:ChunkedDecoder=_ChunkedTransferDecoder IdentityDecoder=_IdentityTransferDecoder",
        "conformance.web:MalformedChunkedDataError=_MalformedChunkedDataError",
        "conformance.web:generic_channel=_genericHTTPChannelProtocolFactory",
    ),
    "twisted.web.iweb": (_NO + "INonQueuedRequestFactory",),
    "twisted.web.http_headers": (_NO + "_nameEncoder",),
    "twisted.web.vhost": ("sennit.web.vhost:_Host=_HostResource",),
    "twisted.web.xmlrpc": ("sennit.web.xmlrpc.client:QueryFactory", "xmlrpc:client=xmlrpclib"),
    "twisted.web.tap": ("sennit.twisted.web.tap:_WithHeaders=_AddHeadersResource",),
    "twisted.web.wsgi": ("sennit.web.wsgi:_Input=_InputStream _Errors=_ErrorStream",),
    "twisted.web.resource": (
        "sennit.web.resource:allowed_methods=_computeAllowedMethods",
        "sennit.web.resource:ErrorPage=_UnsafeErrorPage ForbiddenResource=_UnsafeForbiddenResource",
        "sennit.web.resource:NoResource=_UnsafeNoResource",
    ),
}


def attach() -> None:
    """Give public objects the private attributes that the tests' own scaffolding uses."""
    from conformance import private
    from conformance.scaffolding import attach_to_trial
    from conformance.web import attach_to_web
    from sennit.endpoint.hostname import ATTEMPT_DELAY, HostnameEndpoint
    from sennit.ftp.client import FTPClient
    from sennit.inotify import INotify
    from sennit.reactor import Reactor
    from sennit.threads import ThreadPool
    from sennit.trial.unittest import SynchronousTestCase
    from sennit.twisted.python.completion import Completer
    from sennit.twisted.python.filepath import FilePath
    from sennit.twisted.python.log import LogPublisher
    from sennit.twisted.python.runtime import Platform
    from sennit.web import errors

    attach_to_trial()

    def set_on(owner: Any, name: str, value: Any) -> None:
        if not hasattr(owner, name):
            setattr(owner, name, value)

    attach_to_web(set_on)
    set_on(HostnameEndpoint, "_DEFAULT_ATTEMPT_DELAY", ATTEMPT_DELAY)
    set_on(FTPClient, "_encoding", property(lambda self: self.encoding))
    set_on(
        FTPClient,
        "_trustPasvAddr",
        property(None, lambda self, trust: setattr(self, "trust_passive_address", trust)),
    )
    set_on(INotify, "_isWatched", INotify.is_watched)
    set_on(Reactor, "_exitSignal", property(lambda self: self.exit_signal))
    set_on(Reactor, "_uninstallHandler", private.take_leave)
    ThreadPool.callInThreadWithCallback = private.in_team_or(  # type: ignore[method-assign]
        ThreadPool.callInThreadWithCallback
    )
    set_on(SynchronousTestCase, "_parents", property(SynchronousTestCase._speakers))
    set_on(Completer, "_shellCode", lambda self, name, _: self.zsh(name))
    set_on(LogPublisher, "_stopLogging", lambda _: None)
    set_on(FilePath, "_asBytesPath", lambda self, encoding=None: self.asBytesMode(encoding).path)
    set_on(FilePath, "_asTextPath", lambda self, encoding=None: self.asTextMode(encoding).path)
    set_on(errors.FlattenerError, "_formatRoot", lambda _, root: errors._place(root))
    set_on(Platform, "_supportsSymlinks", lambda _: private.symlinks())
