"""``sennit run PLUGIN``: run a plug-in in the foreground, if it has no command of its own."""

from __future__ import annotations

import click

__all__ = ["plugin_command"]


def plugin_command(name: str) -> click.Command | None:
    """Return the command that runs a plug-in, which takes the plug-in's options; None if there is none.

    Args:
        name: What the plug-in is asked for by.
    """
    from sennit.app.plugins import service_makers

    maker = service_makers().get(name)
    if maker is None:
        return None

    @click.command(
        name,
        short_help=str(maker.description),
        context_settings={
            "allow_interspersed_args": False,
            "help_option_names": [],
            "ignore_unknown_options": True,
        },
    )
    @click.argument("options", nargs=-1, type=click.UNPROCESSED)
    def command(options: tuple[str, ...]) -> int:
        from sennit.cli.daemon import command as daemon

        if "--help" in options:
            click.echo(str(maker.options()))
            return 0
        words = ["--nodaemon", "--pidfile=", name, *options]
        status = daemon.main(words, prog_name=f"sennit run {name}", standalone_mode=False)
        return status if isinstance(status, int) else 0

    return command
