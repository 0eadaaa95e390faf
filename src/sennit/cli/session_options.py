"""Options of servers that clients have sessions with: who may log in, certificates, how long one may idle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sennit.cli.serving import seconds

__all__ = ["auth_option", "certificate_option", "idle_timeout_option"]

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def auth_option(purpose: str) -> _Decorator:
    """Give a command ``--auth``, whose values `sennit.cli.serving.register_checkers` takes.

    Args:
        purpose: What it is for, as the help says it.
    """
    return click.option(
        "--auth",
        metavar="CHECKER",
        multiple=True,
        help=f"{purpose}: file:PATH, htpasswd:PATH, unix, ...; may be given several times.",
    )


def certificate_option(offer: str) -> _Decorator:
    """Give a command ``--certificate``, whose value `sennit.cli.serving.certificate_options` takes.

    Args:
        offer: What the server offers with it, as the help says it.
    """
    return click.option(
        "--certificate",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help=f"Offer {offer} with the key and the certificate in this file (`sennit cert` makes one).",
    )


def idle_timeout_option(default: int) -> _Decorator:
    """Give a command ``--idle-timeout``.

    Args:
        default: Seconds.
    """
    return click.option(
        "--idle-timeout",
        metavar="SECONDS",
        callback=seconds,
        default=str(default),
        help=f"How long a client may say nothing; 0 for ever.  [default: {default}]",
    )
