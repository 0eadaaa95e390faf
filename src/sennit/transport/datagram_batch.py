"""UDP by the batch: nothing here, where nothing is compiled.

Where it can be compiled, ``datagram_batch.pyx`` takes the place of this module; its `Batches` reads and sends
as `sennit.transport.datagram.DatagramPort` does, and costs less.
"""

from __future__ import annotations

__all__ = ["Batches"]


class Batches:
    """What comes before `DatagramPort` among the bases of a UDP port."""
