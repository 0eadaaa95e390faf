"""Which subcommands there are: a path of words to a module and the line that help shows for it.

The module has the `click.Command` as ``command``, or as what follows a colon.  A path that others begin with
is a group, and has no module.
"""

from __future__ import annotations

__all__ = ["COMMANDS"]

COMMANDS: dict[tuple[str, ...], tuple[str | None, str]] = {
    ("drop-in",): (None, "Let every `import twisted` of this environment give Sennit."),
    ("drop-in", "disable"): ("sennit.cli.drop_in:disable", "Take back what `enable` did."),
    ("drop-in", "enable"): ("sennit.cli.drop_in:enable", "Make `import twisted` give Sennit here."),
    ("drop-in", "status"): ("sennit.cli.drop_in:status", "Say what `import twisted` gives here."),
    ("cert",): ("sennit.cli.cert", "Make a certificate for development."),
    ("get",): ("sennit.cli.get", "Fetch a URL."),
    ("daemon",): ("sennit.cli.daemon", "Run an application as a daemon."),
    ("package",): ("sennit.cli.package", "Make a .deb or .rpm of a TAP file's service."),
    ("plugins",): ("sennit.cli.plugins", "List plug-ins, and say why one does not load."),
    ("mail",): (None, "Send mail."),
    ("mail", "send"): ("sennit.cli.mail_send", "Send a message to a server."),
    ("ps",): ("sennit.cli.ps", "Look into a running server."),
    ("run",): (None, "Run a server until it is told to stop."),
    ("run", "ftp"): ("sennit.cli.run_ftp", "Serve files over FTP."),
    ("run", "smtp"): ("sennit.cli.run_smtp", "Take mail into Maildirs."),
    ("run", "socks"): ("sennit.cli.run_socks", "Connect for clients that speak SOCKS."),
    ("run", "web"): ("sennit.cli.run_web", "Serve a directory over HTTP."),
    ("tap",): ("sennit.cli.tap", "Write a TAP file: a service and its options."),
    ("test",): ("sennit.cli.test", "Run tests."),
}
