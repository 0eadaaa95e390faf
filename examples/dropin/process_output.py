"""Programs run for their output, their exit code, or both."""

from __future__ import annotations

from twisted.internet import defer, task, utils

SHELL = "/bin/sh"


async def main(reactor):
    print(await utils.getProcessOutput("/bin/echo", ["a", b"b"]))
    print(await utils.getProcessOutput(SHELL, ["-c", "echo out; exit 3"]))
    print(await utils.getProcessOutput(SHELL, ["-c", "echo err >&2"], errortoo=True))
    print(await utils.getProcessOutput(SHELL, ["-c", "pwd; echo $A"], {"A": "1"}, "/"))
    print(await utils.getProcessValue(SHELL, ["-c", "exit 7"]))
    print(await utils.getProcessValue(SHELL, ["-c", "kill -9 $$"]))
    print(await utils.getProcessOutputAndValue(SHELL, ["-c", "cat; echo err >&2; exit 3"], stdinBytes=b"in"))

    def failed(failure):
        print("failed:", failure.value)
        return getattr(failure.value, "processEnded", None)

    def ended(failure):
        print("ended:", failure.value)

    complaint = utils.getProcessOutput(SHELL, ["-c", "echo err >&2; exit 3"])
    complaint.addErrback(failed)
    complaint.addErrback(ended)
    await complaint
    signalled = utils.getProcessOutputAndValue(SHELL, ["-c", "echo out; kill -15 $$"])
    signalled.addErrback(failed)
    await signalled
    try:
        await utils.getProcessOutput("/no/such")
    except FileNotFoundError as missing:
        print("missing:", missing)

    def warns():
        import warnings

        warnings.warn("noisy", stacklevel=1)
        return "quiet"

    print(utils.suppressWarnings(warns, (("ignore",), {}))())
    print(utils.runWithWarningsSuppressed([(("ignore", ".*nois.*"), {})], warns))


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
