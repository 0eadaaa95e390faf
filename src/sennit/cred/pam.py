"""PAM: users and passwords as the system's administrator has set them up.

libpam is called directly, in a thread, a handle for each login.  What it asks goes to the conversation: for a
name and password the answer to each question without echo is the password; for
`IPluggableAuthenticationModules` the credentials are asked, in the reactor's thread.

PAM decides how long a failure takes; its modules delay it on purpose, for unknown users as for others.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.cred.blocking import in_thread
from sennit.cred.comparing import as_bytes, name_if
from sennit.cred.interfaces import ICredentialsChecker, IPluggableAuthenticationModules, IUsernamePassword
from sennit.cred.source import login_source
from sennit.log import Logger
from sennit.threads import ThreadPool, blockingCallFromThread

__all__ = [
    "PAM_ERROR_MSG",
    "PAM_PROMPT_ECHO_OFF",
    "PAM_PROMPT_ECHO_ON",
    "PAM_TEXT_INFO",
    "PAMChecker",
]

_log = Logger()

PAM_PROMPT_ECHO_OFF: Final = 1
PAM_PROMPT_ECHO_ON: Final = 2
PAM_ERROR_MSG: Final = 3
PAM_TEXT_INFO: Final = 4

_SUCCESS: Final = 0
_CONVERSATION_ERROR: Final = 19
_RHOST: Final = 4
_MAX_ANSWER: Final = 511  # PAM_MAX_RESP_SIZE is 512, the NUL included

Answer = Callable[[list[tuple[bytes, int]]], list[tuple[bytes, int]]]


class _Message(ctypes.Structure):
    _fields_: ClassVar[Any] = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class _Response(ctypes.Structure):
    _fields_: ClassVar[Any] = [("text", ctypes.c_void_p), ("unused", ctypes.c_int)]


_CONVERSE: Final = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(_Message)),
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
)


class _Conversation(ctypes.Structure):
    _fields_: ClassVar[Any] = [("converse", _CONVERSE), ("data", ctypes.c_void_p)]


class _Libraries:
    """libpam, and the allocator that it frees answers with."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("pam")
        if name is None:
            raise OSError("This system has no PAM: libpam is not there.")
        pam = ctypes.CDLL(name)
        libc = ctypes.CDLL(None)
        handle = ctypes.c_void_p
        self.start = pam.pam_start
        self.start.argtypes = (
            *(ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(_Conversation)),
            ctypes.POINTER(handle),
        )
        # There since version 1.4 of Linux's PAM.
        self.start_in = getattr(pam, "pam_start_confdir", None)
        if self.start_in is not None:
            self.start_in.argtypes = (
                *(ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(_Conversation), ctypes.c_char_p),
                ctypes.POINTER(handle),
            )
        self.set_item = pam.pam_set_item
        self.set_item.argtypes = (handle, ctypes.c_int, ctypes.c_char_p)
        self.authenticate = pam.pam_authenticate
        self.authenticate.argtypes = (handle, ctypes.c_int)
        self.account = pam.pam_acct_mgmt
        self.account.argtypes = (handle, ctypes.c_int)
        self.end = pam.pam_end
        self.end.argtypes = (handle, ctypes.c_int)
        self.calloc = libc.calloc
        self.calloc.restype = ctypes.c_void_p
        self.calloc.argtypes = (ctypes.c_size_t, ctypes.c_size_t)
        self.strdup = libc.strdup
        self.strdup.restype = ctypes.c_void_p
        self.strdup.argtypes = (ctypes.c_char_p,)


@cache
def _libraries() -> _Libraries:
    return _Libraries()


def _conversing(answer: Answer) -> Any:
    """Return a conversation function for libpam that has the questions answered by `answer`."""
    libraries = _libraries()

    def converse(count: int, messages: Any, responses: Any, _data: Any) -> int:
        try:
            asked = [(messages[i].contents.text or b"", messages[i].contents.style) for i in range(count)]
            answers = answer(asked)
            if len(answers) != count or any(len(text) > _MAX_ANSWER for text, _ in answers):
                return _CONVERSATION_ERROR
            array = libraries.calloc(count, ctypes.sizeof(_Response))
            for number, (text, _) in enumerate(answers):
                place = _Response.from_address(array + number * ctypes.sizeof(_Response))
                place.text = libraries.strdup(text)
            responses[0] = array
        except Exception:
            _log.failure("An answer to PAM failed")
            return _CONVERSATION_ERROR
        return _SUCCESS

    return _CONVERSE(converse)


def authenticate(
    service: bytes, username: bytes, answer: Answer, source: str | None = None, directory: bytes | None = None
) -> bool:
    """Ask PAM, in this thread, whether somebody may come in.

    Args:
        service: The name of the set of rules, a file in ``/etc/pam.d``.
        username: The user's name.
        answer: Answers a list of messages with a list of ``(text, 0)``.
        source: The host that the login comes from, None if unknown.
        directory: Where the service's file is, None for the system's place.

    Raises:
        OSError: If there is no PAM here, or it cannot be told a directory.
    """
    libraries = _libraries()
    conversation = _Conversation(_conversing(answer), None)
    handle = ctypes.c_void_p()
    if directory is None:
        status = libraries.start(service, username, ctypes.byref(conversation), ctypes.byref(handle))
    elif libraries.start_in is None:
        raise OSError("This system's PAM cannot be told where the service's file is.")
    else:
        status = libraries.start_in(
            service, username, ctypes.byref(conversation), directory, ctypes.byref(handle)
        )
    if status != _SUCCESS:
        raise OSError(f"PAM could not be started for the service {service!r}.")
    if source is not None:
        libraries.set_item(handle, _RHOST, source.encode("idna" if not source.isascii() else "ascii"))
    status = libraries.authenticate(handle, 0)
    if status == _SUCCESS:
        status = libraries.account(handle, 0)
    libraries.end(handle, status)
    return bool(status == _SUCCESS)


@implementer(ICredentialsChecker)
class PAMChecker:
    """Lets in whom PAM lets in.

    A process that does not run as root can check the password of its own user alone, as a rule.

    Args:
        service: The name of the set of rules, a file in ``/etc/pam.d``.
        directory: Where the service's file is, if not in ``/etc/pam.d``.
        threadpool: Where to wait for PAM; the reactor's own if None.  PAM may take seconds.
    """

    credentialInterfaces: ClassVar[Any] = (IUsernamePassword, IPluggableAuthenticationModules)

    def __init__(
        self,
        service: str = "login",
        *,
        directory: str | os.PathLike[str] | None = None,
        threadpool: ThreadPool | None = None,
    ) -> None:
        self.service = service
        self.directory = None if directory is None else os.fsencode(directory)
        self.threadpool = threadpool

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Ask PAM.

        Returns:
            A Deferred that fires with the user's name, or fails with `UnauthorizedLogin`.
        """
        reactor = current_reactor()
        if IPluggableAuthenticationModules.providedBy(credentials):

            def answer(asked: list[tuple[bytes, int]]) -> Any:
                return blockingCallFromThread(reactor, credentials.pamConversion, asked)

        else:
            password = as_bytes(credentials.password)

            def answer(asked: list[tuple[bytes, int]]) -> Any:
                return [(password if style == PAM_PROMPT_ECHO_OFF else b"", 0) for _, style in asked]

        name = as_bytes(credentials.username)
        asking = in_thread(self.threadpool, self._ask, name, answer, login_source())
        return asking.addCallback(name_if, credentials.username)

    def _ask(self, name: bytes, answer: Answer, source: str | None) -> bool:
        return b"\0" not in name and authenticate(self.service.encode(), name, answer, source, self.directory)
