"""The same numbers for OpenTelemetry: asynchronous instruments of a meter (extra ``opentelemetry``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sennit.app.introspection.prometheus import metrics
from sennit.app.introspection.running import Introspection
from sennit.core.extras import missing_extra

__all__ = ["export"]


def export(introspection: Introspection, meter: Any) -> None:
    """Let a meter observe what a reactor is at, whenever its reader collects.

    A reader that collects in a thread of its own asks the reactor's thread, and waits a second at most.

    Args:
        introspection: What tells; it has begun.
        meter: The `opentelemetry.metrics.Meter`.

    Raises:
        MissingExtraError: If OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.metrics import Observation
    except ImportError:
        raise missing_extra("Export to OpenTelemetry", "opentelemetry") from None

    def observing(name: str) -> Any:
        def observe(options: Any) -> Iterable[Any]:
            for found, _, _, values in metrics(introspection.tell_any_thread()):
                if found == name:
                    return [Observation(value, labels) for labels, value in values]
            return []

        return observe

    for name, kind, text, _ in metrics(introspection.tell_any_thread()):
        make = meter.create_observable_counter if kind == "counter" else meter.create_observable_gauge
        make(name.removesuffix("_total").replace("_", "."), callbacks=[observing(name)], description=text)
