"""A snapshot in the text format of Prometheus (version 0.0.4), and a page that serves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sennit.app.introspection.running import Introspection
from sennit.web.resource import Resource

__all__ = ["CONTENT_TYPE", "MetricsResource", "as_metrics", "metrics"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Metric = tuple[str, str, str, list[tuple[dict[str, str], float]]]
"""A name, a kind, a line of help, and values with their labels."""


def metrics(snapshot: dict[str, Any]) -> Iterable[Metric]:
    """Count what a snapshot tells.

    Args:
        snapshot: As `Introspection.tell` returns it.
    """
    process = snapshot["process"]
    yield "sennit_cpu_seconds_total", "counter", "Processor time.", [({}, process["cpu"])]
    yield "sennit_memory_max_bytes", "gauge", "The most memory that was resident.", [({}, process["memory"])]
    if "ports" in snapshot:
        yield (
            "sennit_accepted_connections_total",
            "counter",
            "Connections accepted, by port.",
            [
                ({"address": port["address"], "kind": port["kind"]}, port["accepted"])
                for port in snapshot["ports"]
                if port["accepted"] is not None
            ],
        )
        open_now = Counter((one["protocol"], one["side"]) for one in snapshot["connections"])
        yield (
            "sennit_connections",
            "gauge",
            "Open connections, by protocol.",
            [({"protocol": protocol, "side": side}, count) for (protocol, side), count in open_now.items()],
        )
        pending = sum(one["count"] for one in snapshot["deferreds"])
        suspended = sum(one["count"] for one in snapshot["coroutines"])
        yield "sennit_pending_deferreds", "gauge", "Deferreds that somebody waits for.", [({}, pending)]
        yield "sennit_suspended_coroutines", "gauge", "Coroutines that wait.", [({}, suspended)]
        yield "sennit_timers", "gauge", "Delayed calls.", [({}, len(snapshot["timers"]))]
    yield "sennit_threads", "gauge", "Threads.", [({}, len(snapshot["threads"]))]
    loop = snapshot.get("loop") or {}
    if loop:
        blocked = loop["blocked"]
        seconds = 0.0 if blocked is None else blocked["seconds"]
        yield "sennit_loop_blocked_seconds", "gauge", "How long the loop has not turned.", [({}, seconds)]


def as_metrics(snapshot: dict[str, Any]) -> str:
    """Write a snapshot in the text format.

    Args:
        snapshot: As `Introspection.tell` returns it.
    """
    own = {"pid": str(snapshot["process"]["pid"])}
    lines: list[str] = []
    for name, kind, text, values in metrics(snapshot):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines += [_line(name, {**own, **labels}, value) for labels, value in values]
    if "lag" in (snapshot.get("loop") or {}):
        lines += _histogram("sennit_loop_lag_seconds", snapshot["loop"]["lag"], own)
    return "\n".join(lines) + "\n"


def _histogram(name: str, lag: dict[str, Any], own: dict[str, str]) -> list[str]:
    lines = [f"# HELP {name} How long the loop takes to answer.", f"# TYPE {name} histogram"]
    below = 0
    for bound, count in zip([*map(str, lag["bounds"]), "+Inf"], lag["counts"], strict=True):
        below += count
        lines.append(_line(f"{name}_bucket", {**own, "le": bound}, below))
    return [*lines, _line(f"{name}_sum", own, lag["total"]), _line(f"{name}_count", own, below)]


def _line(name: str, labels: dict[str, str], value: float) -> str:
    written = ",".join(f'{label}="{_quoted(text)}"' for label, text in labels.items())
    return f"{name}{{{written}}} {value}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class MetricsResource(Resource):
    """The metrics of a process, for Prometheus to fetch.

    Who may see it is the site's affair: it tells addresses of clients to nobody, but how busy the server is.

    Args:
        introspection: What tells.
    """

    isLeaf = True

    def __init__(self, introspection: Introspection) -> None:
        super().__init__()
        self._introspection = introspection

    def render_GET(self, request: Any) -> bytes:
        """Give the metrics."""
        request.setHeader(b"content-type", CONTENT_TYPE)
        return as_metrics(self._introspection.tell()).encode()
