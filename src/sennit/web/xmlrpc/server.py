"""XML-RPC, the server's side: a resource whose methods are called by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from xmlrpc.client import Fault

from sennit.core.deferred import CancelledError, Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.xmlrpc.codec import dumps, loads

__all__ = ["XMLRPC", "Handler", "NoSuchFunction", "XMLRPCIntrospection", "addIntrospection", "withRequest"]

_log = Logger()
_F = TypeVar("_F", bound=Callable[..., Any])


def withRequest(f: _F) -> _F:
    """Mark a method as one that is called with the request before its other arguments."""
    f.withRequest = True  # type: ignore[attr-defined]  # functions take attributes
    return f


class NoSuchFunction(Fault):
    """There is no procedure of a name."""


class Handler:
    """A call that is carried out by an object of its own.

    Its result is what `result` fires with.

    Args:
        resource: The resource that was called.
        *args: The call's arguments, for `run`.

    Attributes:
        result: A Deferred, to be fired with the result.
    """

    def __init__(self, resource: Any, *args: Any) -> None:
        self.resource = resource
        self.result: Deferred[Any] = Deferred()
        self.run(*args)

    def run(self, *args: Any) -> None:
        """Carry out the call; subclasses do.

        Args:
            *args: The call's arguments.
        """
        self.result.errback(NotImplementedError(f"{type(self).__qualname__} does not override run."))


class XMLRPC(Resource):
    """A resource that answers calls of its methods ``xmlrpc_NAME``.

    A method returns a value, a Deferred or a coroutine; it raises `Fault` to answer with one.  Any other
    exception is logged and answered with a fault that says nothing of it.

    Args:
        allowNone: Whether None may be sent, as ``<nil/>``.
        useDateTime: Whether dates are received as `datetime.datetime`.

    Attributes:
        NOT_FOUND: The fault's code if there is no such procedure.
        FAILURE: The fault's code if a procedure failed.
        separator: What is between the prefix of a sub-handler and the name of its procedure.
    """

    NOT_FOUND = 8001
    FAILURE = 8002

    isLeaf = 1
    separator = "."
    allowedMethods = (b"POST",)

    def __init__(self, allowNone: bool = False, useDateTime: bool = False) -> None:
        super().__init__()
        self.subHandlers: dict[str, Any] = {}
        self.allowNone = allowNone
        self.useDateTime = useDateTime

    # Handlers for parts of the name space

    def putSubHandler(self, prefix: str, handler: Any) -> None:
        """Let another `XMLRPC` answer for all names that begin with a prefix and `separator`."""
        self.subHandlers[prefix] = handler

    def getSubHandler(self, prefix: str) -> Any:
        """Return the handler for a prefix, None if there is none."""
        return self.subHandlers.get(prefix)

    def getSubHandlerPrefixes(self) -> list[str]:
        """Return the prefixes that have handlers."""
        return list(self.subHandlers)

    # Answering

    def render_POST(self, request: Any) -> int:
        """Carry out a call."""
        request.content.seek(0, 0)
        request.setHeader(b"content-type", b"text/xml; charset=utf-8")
        try:
            args, name = loads(request.content.read(), use_datetime=self.useDateTime)
        except Exception as error:  # whatever the codec makes of what a client sends
            self._cbRender(Fault(self.FAILURE, f"Can't deserialize input: {error}"), request)
            return NOT_DONE_YET
        try:
            function = self.lookupProcedure(name or "")
        except Fault as fault:
            self._cbRender(fault, request)
            return NOT_DONE_YET
        gone: list[Failure] = []
        if getattr(function, "withRequest", False):
            deferred = maybeDeferred(function, request, *args)
        else:
            deferred = maybeDeferred(function, *args)
        request.notifyFinish().addErrback(_stop, gone, deferred)
        deferred.addErrback(self._ebRender)
        deferred.addCallback(self._cbRender, request, gone)
        return NOT_DONE_YET

    def _cbRender(self, result: Any, request: Any, responseFailed: list[Failure] | None = None) -> None:
        if responseFailed:
            return
        if isinstance(result, Handler):
            result.result.addErrback(self._ebRender)
            result.result.addCallback(self._cbRender, request, responseFailed)
            return
        if not isinstance(result, Fault):
            result = (result,)
        try:
            content = self._dumped(result)
        except Exception as error:
            try:
                content = self._dumped(Fault(self.FAILURE, f"Can't serialize output: {error}"))
            except Exception:
                # Nothing can be said in XML-RPC.
                request.processingFailed(Failure())
                return
            _log.failure("A procedure's result cannot be sent as XML-RPC.", Failure())
        octets = content.encode("utf-8")
        request.setHeader(b"content-length", b"%d" % len(octets))
        request.write(octets)
        request.finish()

    def _dumped(self, result: Any) -> str:
        return dumps(result, methodresponse=True, allow_none=self.allowNone)

    def _ebRender(self, failure: Failure) -> Fault:
        if isinstance(failure.value, Fault):
            return failure.value
        if not failure.check(CancelledError):
            _log.failure("A procedure failed.", failure)
        return Fault(self.FAILURE, "error")

    # Procedures

    def lookupProcedure(self, procedurePath: str) -> Callable[..., Any]:
        """Return the procedure of a name.

        Args:
            procedurePath: The name, perhaps with the prefix of a sub-handler.

        Raises:
            NoSuchFunction: If there is none.
        """
        if self.separator in procedurePath:
            prefix, _, rest = procedurePath.partition(self.separator)
            handler = self.getSubHandler(prefix)
            if handler is None:
                raise NoSuchFunction(self.NOT_FOUND, f"no such subHandler {prefix}")
            found: Callable[..., Any] = handler.lookupProcedure(rest)
            return found
        function = getattr(self, f"xmlrpc_{procedurePath}", None)
        if not function:
            raise NoSuchFunction(self.NOT_FOUND, f"procedure {procedurePath} not found")
        if not callable(function):
            raise NoSuchFunction(self.NOT_FOUND, f"procedure {procedurePath} not callable")
        return function  # type: ignore[no-any-return]

    def listProcedures(self) -> list[str]:
        """Return the names of the procedures of this class."""
        prefix = "xmlrpc_"
        return [name.removeprefix(prefix) for name in dir(type(self)) if name.startswith(prefix)]


def _stop(reason: Failure, gone: list[Failure], deferred: Deferred[Any]) -> None:
    gone.append(reason)
    deferred.cancel()


def _signature(*signatures: list[str]) -> Callable[[_F], _F]:
    """Say what a procedure takes and gives, for `XMLRPCIntrospection` to tell."""

    def mark(f: _F) -> _F:
        f.signature = list(signatures)  # type: ignore[attr-defined]  # functions take attributes
        return f

    return mark


class XMLRPCIntrospection(XMLRPC):
    """Tells which procedures there are, under ``system.``.

    Args:
        parent: The resource that it tells of.
    """

    def __init__(self, parent: XMLRPC) -> None:
        super().__init__()
        self._xmlrpc_parent = parent

    @_signature(["array"])
    def xmlrpc_listMethods(self) -> list[str]:
        """Return a list of the names of all procedures."""
        functions: list[str] = []
        todo: list[tuple[Any, str]] = [(self._xmlrpc_parent, "")]
        while todo:
            handler, prefix = todo.pop(0)
            functions.extend(prefix + name for name in handler.listProcedures())
            todo.extend(
                (handler.getSubHandler(name), prefix + name + handler.separator)
                for name in handler.getSubHandlerPrefixes()
            )
        return functions

    @_signature(["string", "string"])
    def xmlrpc_methodHelp(self, method: str) -> str:
        """Return what is known of a procedure, in words."""
        found = self._xmlrpc_parent.lookupProcedure(method)
        return getattr(found, "help", None) or getattr(found, "__doc__", None) or ""

    @_signature(["array", "string"], ["string", "string"])
    def xmlrpc_methodSignature(self, method: str) -> list[list[str]] | str:
        """Return the signatures of a procedure, each a list of the result's type and the arguments'."""
        found = self._xmlrpc_parent.lookupProcedure(method)
        return getattr(found, "signature", None) or ""


def addIntrospection(xmlrpc: XMLRPC) -> None:
    """Let clients ask which procedures a resource has."""
    xmlrpc.putSubHandler("system", XMLRPCIntrospection(xmlrpc))
