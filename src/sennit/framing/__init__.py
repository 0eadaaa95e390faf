"""Framing: messages out of a stream of bytes, and policies for connections.

`sennit.framing.buffer` and `sennit.framing.numbers` serve every protocol room; `sennit.framing.basic` has the
receivers of lines, netstrings and length-prefixed strings; `sennit.framing.policies` has time-outs,
throttles, limits and other wrappers.
"""

from __future__ import annotations

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "framing")
