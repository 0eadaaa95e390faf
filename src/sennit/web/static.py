"""Files and fixed data as resources.

`File` publishes a directory, or one file.  Every path segment of a request becomes one step down from the
root: a segment that names anything but an entry of the directory it is in (``..``, a slash however encoded,
NUL) is not found, and so is a symbolic link that leads out of the root, unless `File.follow_links` allows it.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, ClassVar

from sennit.core.components import Componentized
from sennit.http import codes
from sennit.http.conditional import evaluate, if_range_holds
from sennit.http.dates import format_date
from sennit.http.negotiation import accepts_coding
from sennit.http.ranges import content_range, ranges_within, read_ranges, unsatisfied_range
from sennit.log import Logger
from sennit.web.file_producers import (
    MultipleRangeStaticProducer,
    NoRangeStaticProducer,
    SingleRangeStaticProducer,
    StaticProducer,
)
from sennit.web.listing import DirectoryLister, formatFileSize
from sennit.web.mime import getTypeAndEncoding, loadMimeTypes
from sennit.web.redirect import redirectTo
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import ForbiddenResource, NoResource, Resource

__all__ = [
    "ASISProcessor",
    "Data",
    "DirectoryLister",
    "File",
    "MultipleRangeStaticProducer",
    "NoRangeStaticProducer",
    "Redirect",
    "Registry",
    "SingleRangeStaticProducer",
    "StaticProducer",
    "addSlash",
    "dangerousPathError",
    "formatFileSize",
    "getTypeAndEncoding",
    "isDangerous",
    "loadMimeTypes",
]

_log = Logger()

dangerousPathError = NoResource("Invalid request URL.")
"""The answer to a path that tries to leave its directory."""


def isDangerous(path: bytes | str) -> bool:
    """Tell whether a path segment names anything but an entry of one directory."""
    if isinstance(path, str):
        path = os.fsencode(path)
    return path in (b"..", b".") or b"/" in path or b"\0" in path or os.sep.encode() in path


def addSlash(request: Any) -> bytes:
    """Return a request's path and query with a slash at the path's end."""
    uri: bytes = request.uri
    path, mark, query = uri.partition(b"?")
    scheme, colon, rest = path.partition(b"://")
    if colon and scheme.isalpha():
        # A proxy may have sent the whole URL (RFC 9112 section 3.2.2).
        path = rest.partition(b"/")[2]
    # Of several slashes in front, a browser would take what follows for a host.
    return b"/" + path.strip(b"/") + b"/" + mark + query


class Data(Resource):
    """Fixed data.

    Args:
        data: The body.
        type: Its media type.
    """

    def __init__(self, data: bytes, type: str) -> None:
        super().__init__()
        self.data = data
        self.type = type

    def render_GET(self, request: Any) -> bytes:
        """Answer with the data."""
        request.setHeader(b"content-type", self.type.encode("ascii"))
        request.setHeader(b"content-length", b"%d" % len(self.data))
        if request.method == b"HEAD":
            return b""
        return self.data

    render_HEAD = render_GET


class Redirect(Resource):
    """Redirects to the request's own path with a slash at its end.

    Args:
        request: The request.
    """

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.url = addSlash(request)

    def render(self, request: Any) -> bytes:
        """Redirect."""
        return redirectTo(self.url, request)


class Registry(Componentized):
    """What the files of one tree share: resources that their processors have made."""

    def __init__(self) -> None:
        super().__init__()
        self._resources: dict[str, Any] = {}

    def cachePath(self, path: str, rsrc: Any) -> None:
        """Remember the resource made for a path."""
        self._resources[path] = rsrc

    def getCachedPath(self, path: str) -> Any:
        """Return the resource made for a path, None if there is none."""
        return self._resources.get(path)


class File(Resource):
    """A file, or a directory with all below it.

    Args:
        path: The file or directory.
        defaultType: The media type of files with unknown extensions.
        ignoredExts: Extensions that may be left out of URLs; ``"*"`` stands for any.
        registry: What the files of this tree share.
        allowExt: Whether any extension may be left out.
        follow_links: Whether symbolic links may lead out of the root.
        listing: Whether directories without an index file are listed; if not, they are forbidden.
        serve_compressed: Whether ``name.gz``, where there is one, is sent for ``name`` if gzip is accepted.

    Attributes:
        path: Where it is, absolute.
        contentTypes: Media types by extension.
        contentEncodings: Content codings by extension.
        processors: Functions ``f(path, registry)`` that make resources of files, by extension.
        indexNames: The files that stand for their directory, the dearest first.
        childNotFound: The resource for paths that lead nowhere.
        forbidden: The resource for files that may not be read.
        type: This file's media type; found from its name if None.
        encoding: This file's content coding.
    """

    contentTypes: Mapping[str, str] = loadMimeTypes()
    contentEncodings: Mapping[str, str] = {".gz": "gzip", ".bz2": "bzip2"}
    processors: Mapping[str, Callable[[str, Registry], Any]] = {}
    indexNames: Sequence[str] = ["index", "index.html", "index.htm", "index.rpy"]
    childNotFound: ClassVar[Any] = NoResource("File not found.")
    forbidden: ClassVar[Any] = ForbiddenResource()
    type: str | None = None
    encoding: str | None = None

    def __init__(
        self,
        path: str | bytes | os.PathLike[str],
        defaultType: str = "text/html",
        ignoredExts: Sequence[str] | int = (),
        registry: Registry | None = None,
        allowExt: int = 0,
        *,
        follow_links: bool = False,
        listing: bool = True,
        serve_compressed: bool = False,
    ) -> None:
        super().__init__()
        self.follow_links = follow_links
        self.listing = listing
        self.serve_compressed = serve_compressed
        self.path = os.path.abspath(os.fsdecode(path))
        self.defaultType = defaultType
        if isinstance(ignoredExts, int):
            # As it was before extensions could be named.
            ignoredExts = ["*"] if ignoredExts else []
        self.ignoredExts = ["*"] if allowExt else list(ignoredExts)
        self.registry = registry or Registry()
        self._root = self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    # The path

    def basename(self) -> str:
        """Return the last part of the path."""
        return os.path.basename(self.path)

    def exists(self) -> bool:
        """Tell whether there is something at the path."""
        return os.path.exists(self.path)

    def isdir(self) -> bool:
        """Tell whether it is a directory."""
        return os.path.isdir(self.path)

    def isfile(self) -> bool:
        """Tell whether it is a file."""
        return os.path.isfile(self.path)

    def listNames(self) -> list[bytes]:
        """Return the names in the directory, and of children that were put."""
        names = [os.fsencode(name) for name in os.listdir(self.path)] if self.isdir() else []
        return names + super().listNames()

    def listEntities(self) -> list[tuple[bytes, Any]]:
        """Return the files in the directory, as (name, resource), and children that were put."""
        names = os.listdir(self.path) if self.isdir() else []
        entries = [(os.fsencode(n), self.createSimilarFile(os.path.join(self.path, n))) for n in names]
        return entries + super().listEntities()

    def getFileSize(self) -> int:
        """Return the file's size in octets."""
        return os.stat(self.path).st_size

    def openForReading(self) -> IO[bytes]:
        """Open the file."""
        return open(self.path, "rb")

    def ignoreExt(self, ext: str) -> None:
        """Let an extension be left out of URLs; of several, those added first come first."""
        self.ignoredExts.append(ext)

    # Children

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the resource for an entry of this directory.

        Args:
            path: Its name, percent-decoded; empty for the directory itself.
            request: The request on its way.
        """
        if not self.isdir():
            return self.childNotFound
        if path:
            if isDangerous(path):
                return self.childNotFound
            found = self._find(os.path.join(self.path, os.fsdecode(path)))
        else:
            candidates = (self._find(os.path.join(self.path, name), exact=True) for name in self.indexNames)
            found = next(filter(None, candidates), None)
            if found is None:
                return self.directoryListing()
        if found is None:
            return self.childNotFound
        processor = self.processors.get(os.path.splitext(found)[1].lower())
        if processor is not None:
            cached = self.registry.getCachedPath(found)
            return processor(found, self.registry) if cached is None else cached
        return self.createSimilarFile(found)

    def _find(self, path: str, *, exact: bool = False) -> str | None:
        """Return the path of what is there, perhaps under an extension that may be left out."""
        candidates = [path]
        if not exact:
            for extension in self.ignoredExts:
                candidates += self._any_extension(path) if extension == "*" else [path + extension]
        for candidate in candidates:
            if self._within_root(candidate):
                return candidate
        return None

    def _any_extension(self, path: str) -> list[str]:
        start = os.path.basename(path) + "."
        return [
            os.path.join(self.path, name) for name in sorted(os.listdir(self.path)) if name.startswith(start)
        ]

    def _within_root(self, path: str) -> bool:
        """Tell whether something is at a path, without leaving the root by a link."""
        try:
            status = os.lstat(path)
            if not stat.S_ISLNK(status.st_mode):
                return True
            if self.follow_links:
                return os.path.exists(path)
            root = os.path.realpath(self._root)
            target = os.path.realpath(path, strict=True)
        except OSError:
            return False
        return target == root or target.startswith(root.rstrip(os.sep) + os.sep)

    def createSimilarFile(self, path: str) -> File:
        """Make a resource like this one for another path.

        Args:
            path: A path below this one.
        """
        made = self.__class__(path, self.defaultType, self.ignoredExts, self.registry)
        mine = self.__dict__
        for name in ("processors", "indexNames", "childNotFound", "forbidden", "contentTypes"):
            if name in mine:
                setattr(made, name, mine[name])
        made.follow_links = self.follow_links
        made.listing = self.listing
        made.serve_compressed = self.serve_compressed
        made._root = self._root
        return made

    def directoryListing(self) -> Any:
        """Return the resource that lists this directory, or forbids it."""
        if not self.listing:
            return self.forbidden
        lister = DirectoryLister(self.path, None, self.contentTypes, self.contentEncodings, self.defaultType)
        lister.shows = self._within_root
        return lister

    def redirect(self, request: Any) -> bytes:
        """Redirect a request for a directory to the same with a slash at its end."""
        return redirectTo(addSlash(request), request)

    # Answering

    def render_GET(self, request: Any) -> Any:
        """Answer with the file, or the part of it that is asked for."""
        if self.type is None:
            self.type, self.encoding = getTypeAndEncoding(
                self.basename(), self.contentTypes, self.contentEncodings, self.defaultType
            )
        try:
            status = os.stat(self.path)
            if stat.S_ISDIR(status.st_mode):
                return self.redirect(request)
            if not stat.S_ISREG(status.st_mode):
                return self.childNotFound.render(request)
            compressed = self._compressed_sibling(request) if self.serve_compressed else None
            if compressed is not None:
                return compressed.render_GET(request)
            file = self.openForReading()
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                return self.forbidden.render(request)
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
                return self.childNotFound.render(request)
            raise
        try:
            return self._send(request, file, status)
        except BaseException:
            file.close()
            raise

    render_HEAD = render_GET

    def _compressed_sibling(self, request: Any) -> File | None:
        request.responseHeaders.addRawHeader(b"vary", b"Accept-Encoding")
        if not accepts_coding(request.requestHeaders.getRawHeaders(b"accept-encoding") or (), b"gzip"):
            return None
        path = self.path + ".gz"
        if self.encoding is not None or not self._within_root(path) or not os.path.isfile(path):
            return None
        sibling = self.createSimilarFile(path)
        sibling.type, sibling.encoding = self.type, "gzip"
        sibling.serve_compressed = False
        return sibling

    def _send(self, request: Any, file: IO[bytes], status: os.stat_result) -> Any:
        # Two changes within one tick of the file system's clock and of the same size would share a tag.
        etag = b'"%x-%x"' % (status.st_mtime_ns, status.st_size)
        modified = int(status.st_mtime)
        request.setHeader(b"accept-ranges", b"bytes")
        request.setHeader(b"last-modified", format_date(modified))
        request.setHeader(b"etag", etag)
        code = evaluate(request.method, request.getHeader, etag, modified)
        if code is not None:
            file.close()
            request.setResponseCode(code)
            return b""
        producer = self.makeProducer(request, file)
        if request.method == b"HEAD":
            file.close()
            return b""
        producer.start()
        return NOT_DONE_YET

    def makeProducer(self, request: Any, fileForReading: IO[bytes]) -> StaticProducer:
        """Return what sends the file, having set the response's code and headers.

        Args:
            request: The request.
            fileForReading: The open file.
        """
        size = self.getFileSize()
        ranges = None
        asked = request.getHeader(b"range")
        if asked is not None and request.method == b"GET":
            response = request.responseHeaders.getRawHeaders
            etag = (response(b"etag") or (None,))[0]
            modified = int(os.fstat(fileForReading.fileno()).st_mtime)
            if if_range_holds(request.getHeader(b"if-range"), etag, modified):
                try:
                    ranges = ranges_within(read_ranges(asked), size)
                except ValueError:
                    _log.info("Ignoring malformed Range header {header!r}", header=asked.decode("latin-1"))
        if ranges:
            request.setResponseCode(codes.PARTIAL_CONTENT)
        if ranges and len(ranges) > 1:
            return self._several_ranges(request, fileForReading, ranges, size)
        self._set_content_headers(request)
        if ranges is None:
            request.setHeader(b"content-length", b"%d" % size)
            request.setResponseCode(codes.OK)
            return NoRangeStaticProducer(request, fileForReading)
        if not ranges:
            request.setResponseCode(codes.REQUESTED_RANGE_NOT_SATISFIABLE)
            request.setHeader(b"content-range", unsatisfied_range(size))
            request.setHeader(b"content-length", b"0")
            return SingleRangeStaticProducer(request, fileForReading, 0, 0)
        start, stop = ranges[0]
        request.setHeader(b"content-range", content_range(start, stop, size))
        request.setHeader(b"content-length", b"%d" % (stop - start))
        return SingleRangeStaticProducer(request, fileForReading, start, stop - start)

    def _set_content_headers(self, request: Any) -> None:
        if self.type:
            request.setHeader(b"content-type", self.type.encode("ascii"))
        if self.encoding:
            request.setHeader(b"content-encoding", self.encoding.encode("ascii"))

    def _several_ranges(
        self, request: Any, file: IO[bytes], ranges: Sequence[tuple[int, int]], size: int
    ) -> StaticProducer:
        boundary = secrets.token_hex(8).encode("ascii")
        content_type = (self.type or self.defaultType).encode("ascii")
        # The parts are coded, what holds them is not.
        coding = b"Content-Encoding: %b\r\n" % self.encoding.encode("ascii") if self.encoding else b""
        parts: list[tuple[bytes, int, int]] = []
        for start, stop in ranges:
            lead = b"\r\n--%b\r\nContent-Type: %b\r\n%bContent-Range: %b\r\n\r\n" % (
                boundary,
                content_type,
                coding,
                content_range(start, stop, size),
            )
            parts.append((lead, start, stop - start))
        parts.append((b"\r\n--%b--\r\n" % boundary, 0, 0))
        length = sum(len(lead) + part for lead, _, part in parts)
        request.setHeader(b"content-type", b'multipart/byteranges; boundary="%b"' % boundary)
        request.setHeader(b"content-length", b"%d" % length)
        return MultipleRangeStaticProducer(request, file, parts)


class ASISProcessor(Resource):
    """Sends a file that holds a whole response, head and all, just as it is.

    Args:
        path: The file.
        registry: What the files of its tree share.
    """

    def __init__(self, path: str, registry: Registry | None = None) -> None:
        super().__init__()
        self.path = path
        self.registry = registry or Registry()

    def render(self, request: Any) -> int:
        """Send the file, and close: only its author knows where its body ends."""
        request.startedWriting = 1
        request.channel.persistent = 0
        NoRangeStaticProducer(request, open(self.path, "rb")).start()  # noqa: SIM115 (the producer closes it)
        return NOT_DONE_YET
