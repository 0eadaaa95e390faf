"""``twistd`` on UNIX: daemons, their files, and their users.

Order: the file with the process's number is looked at, the application is loaded, its log begins; then the
process becomes a daemon, takes the ports that need privileges, gives these up, and starts the services.  The
starter waits until that is done, and has the error if it fails.
"""

from __future__ import annotations

import errno
import os
import pwd
import signal
import sys
import traceback
from typing import Any, ClassVar, NoReturn

from sennit import log as logger
from sennit.app import service
from sennit.app.chrooting import import_ahead
from sennit.core.interfaces import IReactorDaemonize
from sennit.twisted import copyright
from sennit.twisted.application import app
from sennit.twisted.python import log, logfile, usage
from sennit.twisted.python.runtime import platformType
from sennit.twisted.python.util import gidFromString, switchUID, uidFromString, untilConcludes

__all__ = [
    "ServerOptions",
    "UnixAppLogger",
    "UnixApplicationRunner",
    "checkPID",
    "launchWithName",
    "platformType",
]

_MESSAGE_LIMIT = 100


def _umask(value: str) -> int:
    return int(value, 8)


class ServerOptions(app.ServerOptions):
    """The options of ``twistd``."""

    synopsis = "Usage: twistd [options]"

    optFlags: ClassVar[Any] = [
        ["nodaemon", "n", "don't daemonize, don't use default umask of 0077"],
        ["originalname", None, "Don't try to change the process name"],
        ["syslog", None, "Log to syslog, not to file"],
        [
            "euid",
            "",
            "Change the effective user alone: a server of root's can become root again. Use with caution.",
        ],
    ]
    optParameters: ClassVar[Any] = [
        ["prefix", None, "twisted", "use the given prefix when syslogging"],
        ["pidfile", "", "twistd.pid", "Name of the pidfile"],
        ["chroot", None, None, "Chroot to a supplied directory before running"],
        ["uid", "u", None, "The uid to run as.", uidFromString],
        [
            "gid",
            "g",
            None,
            "The gid to run as; without it, the one of the user that --uid names.",
            gidFromString,
        ],
        ["umask", None, None, "The (octal) file creation mask to apply.", _umask],
    ]
    compData = usage.Completions(
        optActions={
            "pidfile": usage.CompleteFiles("*.pid"),
            "chroot": usage.CompleteDirs(descr="chroot directory"),
            "gid": usage.CompleteGroups(descr="gid to run as"),
            "uid": usage.CompleteUsernames(descr="uid to run as"),
            "prefix": usage.Completer(descr="syslog prefix"),
        }
    )

    def opt_version(self) -> NoReturn:
        """Print version information and exit."""
        print(f"twistd (the Twisted daemon) {copyright.version}", file=self._stdout)
        print(copyright.copyright, file=self._stdout)
        raise SystemExit

    def postOptions(self) -> None:
        """Make the name of the file with the process's number one that holds anywhere."""
        super().postOptions()
        if self["pidfile"]:
            self["pidfile"] = os.path.abspath(self["pidfile"])  # noqa: PTH100 - links are kept


def checkPID(pidfile: str | None) -> None:
    """Leave if another server runs; remove the file of one that does not any more.

    Args:
        pidfile: The file with its process's number; None for none.

    Raises:
        SystemExit: If it runs, or the file has something else, or it cannot be told.
    """
    if not pidfile or not os.path.exists(pidfile):  # noqa: PTH110 - as it was named
        return
    try:
        with open(pidfile) as file:  # noqa: PTH123 - as above
            pid = int(file.read(64))
    except ValueError:
        sys.exit(f"Pidfile {pidfile} contains non-numeric value")
    try:
        os.kill(pid, 0)
    except OSError as error:
        if error.errno != errno.ESRCH:
            sys.exit(f"Can't check status of PID {pid} from pidfile {pidfile}: {error}")
        log.msg(f"Removing stale pidfile {pidfile}", isError=True)
        os.remove(pidfile)  # noqa: PTH107 - as above
    else:
        sys.exit(
            f"Another twistd server is running, PID {pid}\n\n"
            "It may be this application, started before, or another one. Start this one in another "
            "directory, or with --pidfile and --logfile of its own.\n"
        )


class UnixAppLogger(app.AppLogger):
    """Logs to a file that is set aside when it is full, to standard output, or to the system's log.

    At SIGUSR1 the file is set aside; at SIGHUP its path is opened anew, for who sets it aside from outside.
    Programs that handle these signals keep them.

    Args:
        options: With ``syslog``, ``prefix``, ``nodaemon``, ``logfile`` and ``logger``.
    """

    default_name = "twistd.log"

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._syslog = options.get("syslog", False)
        self._syslogPrefix = options.get("prefix", "")
        self._nodaemon = options.get("nodaemon", False)
        self._json = options.get("json", False)
        self._file: logfile.LogFile | None = None

    def start(self, application: Any) -> None:
        """Begin to log, as the base class does, and have the file opened anew at SIGHUP."""
        super().start(application)
        if self._file is not None:
            _at_signal(signal.SIGHUP, self._reopen)

    def hand_over(self, uid: int, gid: int) -> None:
        """Give the file to the user that the process is about to become, who opens it anew later."""
        if self._file is not None:
            self._file.chown(uid, gid)

    def _reopen(self) -> None:
        assert self._file is not None
        try:
            self._file.reopen()
        except OSError as error:
            log.msg(f"The log file cannot be opened anew, and stays as it is: {error}", isError=True)

    def _getLogObserver(self) -> Any:
        if self._syslog:
            from sennit.twisted.python import syslog

            return syslog.SyslogObserver(self._syslogPrefix).emit
        if self._logfilename == "-":
            if not self._nodaemon:
                sys.exit("Daemons cannot log to stdout, exiting!")
            stream: Any = sys.stdout
        elif self._nodaemon and not self._logfilename:
            stream = sys.stdout
        else:
            stream = logfile.LogFile.fromFullPath(self._logfilename or self.default_name)
            _at_signal(signal.SIGUSR1, stream.rotate)
            self._file = stream
        return logger.jsonFileLogObserver(stream, "") if self._json else logger.textFileLogObserver(stream)


def _at_signal(number: int, action: Any) -> None:
    """Have something done at a signal that nobody handles yet."""
    if signal.getsignal(number):
        return

    def handle(*_: object) -> None:
        app._the_reactor().callFromThread(action)

    signal.signal(number, handle)


def launchWithName(name: str | None) -> None:
    """Show the process under this name, where the system can.

    Args:
        name: The name; None to leave it.
    """
    if not name or name == sys.argv[0]:
        return
    # Linux: 15 octets, in what ps and top show as the command.
    try:
        with open("/proc/self/comm", "w") as file:  # noqa: PTH123 - not a file to be found on every system
            file.write(name[:15])
    except OSError:
        log.msg(f"The process cannot be shown as {name} on this system.")


class UnixApplicationRunner(app.ApplicationRunner):
    """Runs an application as a daemon, or in the foreground."""

    loggerFactory = UnixAppLogger
    _null: int | None = None

    def preApplication(self) -> None:
        """Leave if another server runs."""
        checkPID(self.config["pidfile"])
        self.config["nodaemon"] = self.config["nodaemon"] or self.config["debug"]
        self.oldstdout = sys.stdout
        self.oldstderr = sys.stderr

    def _formatChildException(self, exception: BaseException) -> bytes:
        """Return what the starter is told of an error: at most a hundred octets, with a 1 in front."""
        line = "".join(traceback.format_exception_only(exception)).strip().splitlines()[-1]
        return f"1 {line}".encode("ascii", "backslashreplace")[:_MESSAGE_LIMIT]

    def postApplication(self) -> None:
        """Start the application, tell the starter how that went, and run the reactor."""
        try:
            self.startApplication(self.application)
        except Exception as error:
            pipe = self.config.get("statusPipe", None)
            if pipe is not None:
                untilConcludes(os.write, pipe, self._formatChildException(error))
                untilConcludes(os.close, pipe)
            self.removePID(self.config["pidfile"])
            raise
        pipe = self.config.get("statusPipe", None)
        if pipe is not None:
            untilConcludes(os.write, pipe, b"0")
            untilConcludes(os.close, pipe)
        self.startReactor(None, self.oldstdout, self.oldstderr)
        self.removePID(self.config["pidfile"])

    def removePID(self, pidfile: str | None) -> None:
        """Remove the file with the process's number; an error is logged.

        Args:
            pidfile: The file; None for none.
        """
        if not pidfile:
            return
        try:
            os.unlink(pidfile)  # noqa: PTH108 - as it was named
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                log.msg("Warning: No permission to delete pid file")
            else:
                log.err(error, "Failed to unlink PID file:")
        except BaseException:
            log.err(None, "Failed to unlink PID file:")

    def setupEnvironment(
        self, chroot: str | None, rundir: str, nodaemon: bool, umask: int | None, pidfile: str | None
    ) -> None:
        """Become what the options say: go where it runs, become a daemon, write the process's number.

        Args:
            chroot: The directory that becomes the root; None to leave it.
            rundir: The directory to run in.
            nodaemon: Whether to stay in the foreground.
            umask: The permissions that new files do not have; None for 0077 in a daemon, else for none.
            pidfile: The file for the process's number; None for none.
        """
        if chroot is not None:
            import_ahead(getattr(app._the_reactor(), "loop_name", None))
            if not nodaemon:
                # In there may be none.
                self._null = os.open("/dev/null", os.O_RDWR)
            os.chroot(chroot)
            if rundir == ".":
                rundir = "/"
        os.chdir(rundir)
        if umask is None and not nodaemon:
            umask = 0o077
        if umask is not None:
            os.umask(umask)
        if not nodaemon:
            self.config["statusPipe"] = self.daemonize(app._the_reactor())
        if pidfile:
            with open(pidfile, "wb") as file:  # noqa: PTH123 - as it was named
                file.write(b"%d" % os.getpid())

    def daemonize(self, reactor: Any) -> int:
        """Become a daemon: a process without a terminal, in a session of its own; the starter leaves.

        Args:
            reactor: The reactor, which is told before and after if it wants to be.

        Returns:
            The descriptor that the starter waits at for a word: ``0`` if all is well.
        """
        told = IReactorDaemonize.providedBy(reactor)
        if told:
            reactor.beforeDaemonize()
        reading, writing = os.pipe()
        if os.fork():
            # Let go of the other end, so that the end of a daemon that said nothing is seen.
            os.dup2(reading, writing)
            status = self._waitForStart(reading)
            os.close(reading)
            os._exit(status)
        os.setsid()
        if os.fork():
            os._exit(0)
        null = os.open("/dev/null", os.O_RDWR) if self._null is None else self._null
        for descriptor in range(3):
            try:
                os.dup2(null, descriptor)
            except OSError as error:
                if error.errno != errno.EBADF:
                    raise
        os.close(null)
        if told:
            reactor.afterDaemonize()
        return writing

    def _waitForStart(self, readPipe: int) -> int:
        """Wait for the daemon's word.

        Args:
            readPipe: Where it comes.

        Returns:
            The exit status.
        """
        data = untilConcludes(os.read, readPipe, _MESSAGE_LIMIT)
        if data == b"0":
            return 0
        if not data:
            data = b"1 It ended without a word."
        message = f"An error has occurred: {data[2:]!r}\nPlease look at log file for more information.\n"
        untilConcludes(sys.__stderr__.write, message)  # type: ignore[union-attr]  # a daemon's starter has one
        return 1

    def shedPrivileges(self, euid: bool, uid: int | None, gid: int | None) -> None:
        """Become another user and group.

        Args:
            euid: Whether only the effective ones change.
            uid: The user; None to stay.
            gid: The group; None to stay.

        Raises:
            SystemExit: If that is not permitted.
        """
        if uid is None and gid is None:
            return
        what = f"{'e' if euid else ''}uid/{'e' if euid else ''}gid {uid}/{gid}"
        try:
            switchUID(uid, gid, euid)
        except OSError as error:
            log.msg(f"failed to set {what} (are you root?) -- exiting: {error}")
            sys.exit(1)
        else:
            log.msg(f"set {what}")

    def startApplication(self, application: Any) -> None:
        """Start an application's services: what needs privileges first, then as the user it runs as.

        Args:
            application: The application.
        """
        process = service.IProcess(application)
        if not self.config["originalname"]:
            launchWithName(process.processName)
        uid = process.uid if self.config["uid"] is None else self.config["uid"]
        gid = process.gid if self.config["gid"] is None else self.config["gid"]
        if uid is not None and gid is None:
            gid = pwd.getpwuid(uid).pw_gid
        self.setupEnvironment(
            *(self.config[name] for name in ("chroot", "rundir", "nodaemon", "umask", "pidfile"))
        )
        service.IService(application).privilegedStartService()
        self.shedPrivileges(self.config["euid"], uid, gid)
        app.startApplication(application, not self.config["no_save"])
