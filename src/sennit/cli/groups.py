"""The command line's frame: groups that load their commands late, help in colour, errors in one sentence."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

import click

from sennit.cli.table import COMMANDS
from sennit.loading import load
from sennit.version import __version__

__all__ = ["CannotRunError", "root", "run_command"]

_MISUSE = 2
_INTERRUPTED = 130


class CannotRunError(click.ClickException):
    """Something that was asked for rightly could not be done; its message is the whole explanation."""

    exit_code = 1
    ctx: click.Context | None = None


class _Formatter(click.HelpFormatter):
    """Help with its headings and names in colour; `click.echo` drops colour where it has no place."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(click.style(prog, fg="cyan"), args, prefix or click.style("Usage: ", bold=True))

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(heading, bold=True))

    def write_dl(self, rows: Any, col_max: int = 34, col_spacing: int = 2) -> None:
        super().write_dl([(click.style(term, fg="cyan"), text) for term, text in rows], col_max, col_spacing)


class _Context(click.Context):
    """A command's context, which puts its name on errors that were raised without one."""

    formatter_class = _Formatter

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> bool | None:
        if isinstance(exc_value, click.UsageError | CannotRunError) and exc_value.ctx is None:
            exc_value.ctx = self
        return super().__exit__(exc_type, exc_value, tb)


class _Group(click.Group):
    """A group whose commands are those of the table that begin with its path.

    Args:
        path: The words that lead to the group; none for the command itself.
        **options: As for `click.Group`.
    """

    context_class = _Context

    def __init__(self, path: tuple[str, ...], **options: Any) -> None:
        super().__init__(**options)
        self._path = path

    def list_commands(self, ctx: click.Context) -> list[str]:
        depth = len(self._path)
        return sorted(path[-1] for path in COMMANDS if len(path) == depth + 1 and path[:depth] == self._path)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        path = (*self._path, cmd_name)
        if path not in COMMANDS:
            return self._plugin(cmd_name) if self._path == ("run",) else None
        module, line = COMMANDS[path]
        if module is None:
            return _Group(path, name=cmd_name, help=line, no_args_is_help=True)
        home, _, attribute = module.partition(":")
        command: click.Command = getattr(load(home), attribute or "command")
        command.context_class = _Context
        return command

    @staticmethod
    def _plugin(name: str) -> click.Command | None:
        from sennit.cli.run_plugin import plugin_command

        command = plugin_command(name)
        if command is not None:
            command.context_class = _Context
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, COMMANDS[(*self._path, name)][1]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


root = _Group(
    (),
    name="sennit",
    help="Event-driven networking: servers and tools from the command line.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=lambda ctx, _, wanted: _show_version(ctx, wanted=wanted),
            help="Show the version and exit.",
        )
    ],
)


def _show_version(ctx: click.Context, *, wanted: bool) -> None:
    if wanted:
        from sennit.core.native import core_in_use

        click.echo(f"sennit {__version__} ({core_in_use()} core)")
        ctx.exit()


def run_command(arguments: list[str]) -> int:
    """Run the command line.

    Args:
        arguments: The words after the command's name.

    Returns:
        The exit status.
    """
    color = False if os.environ.get("NO_COLOR") else None
    try:
        status = root.main(arguments, prog_name="sennit", standalone_mode=False, color=color)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", color=color)
        return _MISUSE
    except click.ClickException as error:
        _say(error, color=color)
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; what is left of it must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status if isinstance(status, int) else 0


def _say(error: click.ClickException, *, color: bool | None) -> None:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "sennit"
    message = error.format_message()
    if error.exit_code == _MISUSE:
        message = f"{message} See {command} --help."
    click.echo(f"{click.style(f'{command}:', fg='red')} {message}", err=True, color=color)
