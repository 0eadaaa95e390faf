"""Packages for Debian's and RPM's systems: a TAP file's service with all that it needs to run.

A package has the TAP file as configuration (``/etc/NAME/NAME.tap``), a systemd unit, a system user of the
package's name, a command that starts the service (``/usr/lib/NAME/run``), and Sennit with the distributions
that it and the plug-in require, beside it and seen by nothing else.  What it depends on is the system's
Python of the version that made it.
"""

from __future__ import annotations

from sennit.app.packaging.contents import Entry, Package, PackagingError, describe
from sennit.app.packaging.deb import write_deb
from sennit.app.packaging.rpm import write_rpm

__all__ = ["Entry", "Package", "PackagingError", "describe", "write_deb", "write_rpm"]
