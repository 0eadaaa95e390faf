"""Two reactors, each in its own thread: one counts, the other is asked for words and answers."""

from __future__ import annotations

import threading

from sennit.core.deferred import Deferred
from sennit.reactor import Reactor, current_reactor, run
from sennit.threads import blockingCallFromThread, deferToThread

librarian = Reactor()


async def look_up(number):
    """Take a moment, as a librarian does; this runs in the librarian's thread."""
    assert current_reactor() is librarian
    found = Deferred()
    librarian.callLater(0.01, found.callback, ("none", "one", "two", "many")[number])
    return await found


async def main():
    """Ask, from a reactor of one's own; this runs in the main thread."""
    for number in range(4):
        word = await deferToThread(blockingCallFromThread, librarian, look_up, number)
        print(number, "is", word)


thread = threading.Thread(target=librarian.run)
thread.start()
run(main)
librarian.callFromThread(librarian.stop)
thread.join()
librarian.close()
