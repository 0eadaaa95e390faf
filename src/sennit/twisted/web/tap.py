"""``twisted.web.tap``: a web server as a plug-in for twist and twistd, its options and its service."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from sennit.app import MultiService
from sennit.app.interfaces import IServiceCollection
from sennit.app.strports import service
from sennit.core.components import proxyForInterface
from sennit.twisted.python.reflect import namedAny
from sennit.twisted.python.usage import CompleteFiles, CompleteList, Completions, UsageError
from sennit.twisted.python.usage import Options as BaseOptions
from sennit.twisted.web.demo import Test
from sennit.twisted.web.server import Site
from sennit.twisted.web.static import File
from sennit.web.distrib import ResourcePublisher, UserDirectory
from sennit.web.interfaces import IResource
from sennit.web.script import ResourceScript
from sennit.web.wsgi import WSGIResource

__all__ = ["Options", "makePersonalServerFactory", "makeService"]


class Options(BaseOptions):
    """The options of a web server.

    Among them are, for `makeService`: ``root`` (the resource, or None), ``indexes``, ``ports`` (descriptions
    of endpoints) and ``extraHeaders`` (pairs of name and value).
    """

    synopsis = "[web options]"
    longdesc = "Serves files, a resource or an application over HTTP."

    optParameters: ClassVar[Any] = [
        ["logfile", "l", None, "The file that has a line for each request."],
        ["certificate", "c", "server.pem", "(DEPRECATED: use --listen) The certificate for --https."],
        ["privkey", "k", "server.pem", "(DEPRECATED: use --listen) Its key."],
    ]
    optFlags: ClassVar[Any] = [
        ["notracebacks", "n", "(DEPRECATED: tracebacks are not shown unless --display-tracebacks is given.)"],
        ["display-tracebacks", "", "Show clients the traceback of an error: for developers alone."],
        ["personal", "", "Publish the site to a server in front, on --listen or ~/.twistd-web-pb."],
    ]
    compData = Completions(
        optActions={
            "logfile": CompleteFiles("*.log"),
            "certificate": CompleteFiles("*.pem"),
            "privkey": CompleteFiles("*.pem"),
            "mime-type": CompleteList(["text/html", "text/plain", "application/octet-stream"]),
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self["indexes"] = []
        self["root"] = None
        self["extraHeaders"] = []
        self["ports"] = []
        self["port"] = self["https"] = None

    def opt_port(self, port: str) -> None:
        """(DEPRECATED: use --listen) The port to listen on."""
        self["port"] = port

    opt_p = opt_port

    def opt_https(self, port: str) -> None:
        """(DEPRECATED: use --listen) The port to listen on under TLS."""
        try:
            import sennit.tls.openssl  # noqa: F401 (to see that it can be had)
        except ImportError as error:
            raise UsageError("SSL support not installed") from error
        self["https"] = port

    def opt_listen(self, port: str) -> None:
        """Description of an endpoint to listen on; may be given several times."""
        self["ports"].append(port)

    def opt_index(self, indexName: str) -> None:
        """Name of the file that stands for its directory; may be given several times."""
        self["indexes"].append(indexName)

    opt_i = opt_index

    def opt_user(self) -> None:
        """Serve the directory and the server of each user of the system."""
        self["root"] = UserDirectory()

    opt_u = opt_user

    def opt_path(self, path: str) -> None:
        """Serve a file, or a directory with all below it: CGI programs (.cgi) and scripts (.rpy) are run."""
        self["root"] = File(Path(path).absolute())
        self["root"].processors = {
            ".epy": namedAny("sennit.web.script.PythonScript"),
            ".rpy": ResourceScript,
            ".cgi": namedAny("sennit.twisted.web.twcgi.CGIScript"),
        }

    def opt_processor(self, proc: str) -> None:
        """`ext=class`: have files with this extension made resources by this class; goes after --path."""
        if not isinstance(self["root"], File):
            raise UsageError("You can only use --processor after --path.")
        extension, equals, name = proc.partition("=")
        if not equals:
            raise UsageError("--processor takes EXTENSION=CLASS.")
        self["root"].processors = {**self["root"].processors, extension: namedAny(name)}

    def opt_class(self, className: str) -> None:
        """Serve an object of this resource class."""
        self["root"] = namedAny(className)()

    def opt_resource_script(self, name: str) -> None:
        """Serve the resource that this .rpy file makes."""
        from sennit.web.script import ResourceScriptWrapper

        self["root"] = ResourceScriptWrapper(name)

    def opt_wsgi(self, name: str) -> None:
        """Serve the WSGI application of this name."""
        try:
            application = namedAny(name)
        except (AttributeError, ValueError):
            raise UsageError(f"No such WSGI application: {name!r}") from None
        from sennit.core.current import current_reactor

        reactor = current_reactor()
        self["root"] = WSGIResource(reactor, reactor.getThreadPool(), application)

    def opt_mime_type(self, defaultType: str) -> None:
        """Set the media type of files with unknown extensions; goes after --path."""
        if not isinstance(self["root"], File):
            raise UsageError("You can only use --mime_type after --path.")
        self["root"].defaultType = defaultType

    opt_m = opt_mime_type

    def opt_allow_ignore_ext(self) -> None:
        """Let any extension be left out of URLs; goes after --path."""
        if not isinstance(self["root"], File):
            raise UsageError("You can only use --allow_ignore_ext after --path.")
        self["root"].ignoreExt("*")

    def opt_ignore_ext(self, ext: str) -> None:
        """Let this extension be left out of URLs; goes after --path."""
        if not isinstance(self["root"], File):
            raise UsageError("You can only use --ignore_ext after --path.")
        self["root"].ignoreExt(ext)

    def opt_add_header(self, header: str) -> None:
        """`name:value`: add a field to every response; may be given several times."""
        name, colon, value = header.partition(":")
        if not colon:
            raise UsageError("--add-header takes NAME:VALUE.")
        self["extraHeaders"].append((name.strip(), value.strip()))

    def postOptions(self) -> None:
        """Make `ports` of all that says where to listen."""
        if self["port"] is not None:
            self["ports"].append(f"tcp:{self['port']}" if self["port"].isdigit() else self["port"])
        if self["https"] is not None:
            key, certificate = self["privkey"], self["certificate"]
            self["ports"].append(f"ssl:port={self['https']}:privateKey={key}:certKey={certificate}")
        if not self["ports"]:
            if self["personal"]:
                path = Path("~", UserDirectory.userSocketName).expanduser()
                self["ports"].append(f"unix:{path}")
            else:
                self["ports"].append("tcp:8080")


class _WithHeaders(proxyForInterface(IResource, "_resource")):  # type: ignore[misc]  # the base is made here
    """A resource whose responses have more fields."""

    def __init__(self, resource: Any, headers: Any) -> None:
        super().__init__(resource)
        self._headers = headers

    def render(self, request: Any) -> Any:
        """Add the fields, and let the resource answer."""
        self._add(request)
        return self._resource.render(request)

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Add the fields, and return the resource's child."""
        self._add(request)
        return self._resource.getChildWithDefault(path, request)

    def _add(self, request: Any) -> None:
        for name, value in self._headers:
            request.responseHeaders.addRawHeader(name, value)


def makePersonalServerFactory(site: Any) -> Any:
    """Return the factory that publishes a site to a server in front of it.

    Args:
        site: The site.
    """
    return ResourcePublisher(site).factory()


def makeService(config: Any) -> MultiService:
    """Return the service that options describe.

    Args:
        config: The `Options`, parsed.
    """
    made = MultiService()
    root = config["root"]
    if root is None:
        root = Test()
    elif config["indexes"]:
        root.indexNames = config["indexes"]
    if isinstance(root, File):
        root.registry.setComponent(IServiceCollection, made)
    if config["extraHeaders"]:
        root = _WithHeaders(root, config["extraHeaders"])
    site: Any = Site(root, logPath=config["logfile"]) if config["logfile"] else Site(root)
    site.displayTracebacks = bool(config["display-tracebacks"])
    if config["personal"]:
        site = makePersonalServerFactory(site)
    for port in config["ports"]:
        service(port, site).setServiceParent(made)
    return made
