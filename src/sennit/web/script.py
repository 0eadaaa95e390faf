"""Resources made by Python files: ``.rpy`` files say what they are, others print a page.

Whoever can write such a file can run any code in the server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.web.failure_page import formatFailure
from sennit.web.pages import errorPage, notFound
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.static import isDangerous

__all__ = [
    "AlreadyCached",
    "CacheScanner",
    "PythonScript",
    "ResourceScript",
    "ResourceScriptDirectory",
    "ResourceScriptWrapper",
    "ResourceTemplate",
    "noRsrc",
    "rpyNoResource",
]

_log = Logger()

rpyNoResource = """<p>This script did not say which resource it is.  It has to set the variable
<code>resource</code> to one, such as:</p>
<pre>from sennit.web.static import Data
resource = Data(b"Hello", "text/plain")
</pre>"""
"""What ``resource`` is in a script that does not set it."""

noRsrc = "<p>This script's variable <code>resource</code> is no resource.</p>"
"""What is said of a script that sets ``resource`` to something else."""


class AlreadyCached(Exception):
    """A script asked for what its first run kept: there is no need to run it again."""


class CacheScanner:
    """Lets a script keep the resource that it makes.

    Args:
        path: The script's path.
        registry: Where resources are kept.

    Attributes:
        doCache: Whether the script's resource is to be kept.
    """

    def __init__(self, path: str, registry: Any) -> None:
        self.path = path
        self.registry = registry
        self.doCache = 0

    def cache(self) -> None:
        """End the script here if its resource was kept, else keep it this time.

        Raises:
            AlreadyCached: If it was kept.
        """
        cached = self.registry.getCachedPath(self.path)
        if cached is not None:
            raise AlreadyCached(cached)
        self.recache()

    def recache(self) -> None:
        """Keep the resource that the script makes."""
        self.doCache = 1


def _run(path: str, names: dict[str, Any]) -> None:
    source = Path(path).read_bytes()
    exec(compile(source, path, "exec"), names)  # noqa: S102 (this is what such a file is for)


def ResourceScript(path: str, registry: Any) -> Any:
    """Return the resource that a Python file says it is, in its variable ``resource``.

    The file finds ``registry``, ``cache`` and ``recache`` among its variables.

    Args:
        path: The file's path.
        registry: Where resources are kept.
    """
    scanner = CacheScanner(path, registry)
    names: dict[str, Any] = {
        "__file__": path,
        "resource": errorPage(500, "Whoops! Internal Error", _plain(rpyNoResource)),
        "registry": registry,
        "cache": scanner.cache,
        "recache": scanner.recache,
    }
    try:
        _run(path, names)
    except AlreadyCached as error:
        return error.args[0]
    made = names["resource"]
    if scanner.doCache and registry is not None:
        registry.cachePath(path, made)
    return made


def _plain(html: str) -> str:
    from re import sub

    return " ".join(sub("<[^>]*>", "", html).split())


def ResourceTemplate(path: str, registry: Any) -> Any:
    """Return the resource that a Quixote template says it is, in its variable ``resource``.

    Args:
        path: The file's path.
        registry: Where resources are kept.

    Raises:
        ImportError: If Quixote is not installed.
    """
    from quixote.ptl import compile_package  # type: ignore[import-not-found]  # rarely installed

    names: dict[str, Any] = {
        "__file__": path,
        "resource": errorPage(500, "Whoops! Internal Error", _plain(rpyNoResource)),
        "registry": registry,
    }
    exec(compile_package.compile_template(Path(path).open("rb"), path), names)  # noqa: S102, SIM115 (as above)
    return names["resource"]


class ResourceScriptWrapper(Resource):
    """A Python file that is run for each request, and says which resource answers it.

    Args:
        path: The file's path.
        registry: Where resources are kept.
    """

    def __init__(self, path: str, registry: Any = None) -> None:
        super().__init__()
        self.path = path
        self.registry = registry

    def render(self, request: Any) -> Any:
        """Let the resource that the file makes answer."""
        return ResourceScript(self.path, self.registry).render(request)

    def getChildWithDefault(self, path: bytes, request: Any) -> Any:
        """Return the child of the resource that the file makes."""
        return ResourceScript(self.path, self.registry).getChildWithDefault(path, request)


class ResourceScriptDirectory(Resource):
    """A directory of Python files that say which resources they are.

    Args:
        pathname: The directory.
        registry: Where resources are kept.
    """

    def __init__(self, pathname: str | bytes, registry: Any = None) -> None:
        super().__init__()
        self.path = os.fsdecode(pathname)
        self.registry = registry

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the resource that the file of a name says it is."""
        if isDangerous(path):
            return notFound()
        found = Path(self.path) / os.fsdecode(path)
        if found.is_dir():
            return ResourceScriptDirectory(str(found), self.registry) if path else self
        if found.exists():
            return ResourceScript(str(found), self.registry)
        return notFound()

    def render(self, request: Any) -> Any:
        """Answer 404: such directories are not listed."""
        return notFound().render(request)


class PythonScript(Resource):
    """A Python file that writes a page, by the variable ``request``.

    Args:
        filename: The file's path.
        registry: Passed to it as a variable.
    """

    isLeaf = True

    def __init__(self, filename: str | bytes, registry: Any) -> None:
        super().__init__()
        self.filename = os.fsdecode(filename)
        self.registry = registry

    def render(self, request: Any) -> Any:
        """Run the file."""
        request.setHeader(b"x-powered-by", b"Sennit")
        names: dict[str, Any] = {
            "request": request,
            "__file__": self.filename,
            "registry": self.registry,
        }
        try:
            _run(self.filename, names)
        except FileNotFoundError as error:
            if error.filename != self.filename:
                return self._failed(request)
            request.setResponseCode(404)
            request.write(_rendered_not_found())
        except Exception:
            return self._failed(request)
        request.finish()
        return NOT_DONE_YET

    def _failed(self, request: Any) -> Any:
        reason = Failure()
        # As text: whoever runs the file sees the page, and a test of it no error of its own.
        _log.error("A Python script failed:\n{traceback}", traceback=reason.getTraceback())
        if not getattr(request, "startedWriting", 0):
            request.setResponseCode(500)
        site = getattr(request, "site", None)
        # A request without a site is a test's: there is nobody to keep it from.
        if site is None or getattr(site, "displayTracebacks", False):
            request.write(formatFailure(reason))
        else:
            request.write(b"<p>An error occurred while this page was made.</p>")
        request.finish()
        return NOT_DONE_YET


def _rendered_not_found() -> bytes:
    return b"<!DOCTYPE html>\n<h1>File not found.</h1>\n"
