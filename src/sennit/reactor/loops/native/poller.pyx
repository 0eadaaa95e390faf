"""epoll(7), which calls by itself what was made to be called so, and is a selector for all others.

A descriptor belongs either to a `Watched`, whose `happened` is called as soon as something happened, or was registered
as `selectors` has it, and is then returned by `select`.

Invariants:

- An event that was fetched together with one whose call has closed the descriptor, and perhaps opened another with its
  number, is for nobody.
- Interest that has gone is taken back when its event comes, not before: who pauses and resumes pays nothing.
- What is closed is forgotten first: a copy of the descriptor in another process would keep its events coming.
- A forked process has an epoll of its own as soon as it does anything here: what it did to the one that it got would
  be done to its parent's.
"""

from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey

from cpython.exc cimport PyErr_CheckSignals, PyErr_SetFromErrno
from libc.errno cimport EINTR, errno
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc

__all__ = ["Poller"]

cdef extern from "<sys/epoll.h>" nogil:
    ctypedef union epoll_data_t:
        uint64_t u64
    struct epoll_event:
        unsigned int events
        epoll_data_t data
    enum:
        EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD
    int epoll_create1(int flags)
    int epoll_ctl(int epoll, int operation, int fd, epoll_event *event)
    int epoll_wait(int epoll, epoll_event *events, int most, int milliseconds)

cdef extern from "<pthread.h>":
    int pthread_atfork(void (*before)() noexcept nogil, void (*parent)() noexcept nogil, void (*child)() noexcept nogil)

cdef extern from "<unistd.h>" nogil:
    int close(int fd)

cdef enum:
    BATCH = 256

cdef unsigned int forks = 0


cdef void forked() noexcept nogil:
    global forks
    forks += 1


# Counted by the system, and not asked for with each call: to ask is a call of the system too.
pthread_atfork(NULL, NULL, forked)


cdef class Watched:
    """What is called when something happened to its descriptor."""

    cdef int happened(self, unsigned int events) except -1:
        """Be called with what happened; errors of programs are its own to report."""
        return 0

    cdef int forked(self) except -1:
        """Be told that this process is a fork's child, and uses what its parent uses too."""
        return 0


cdef class Poller:
    """The descriptors of one loop."""

    def __cinit__(self):
        self._epoll = -1
        self.room = <char *>malloc(ROOM)
        if self.room == NULL:
            raise MemoryError
        self._watched = []
        self._keys = {}
        self._forks = forks
        self._epoll = epoll_create1(EPOLL_CLOEXEC)
        if self._epoll < 0:
            PyErr_SetFromErrno(OSError)

    def __dealloc__(self):
        if self._epoll >= 0:
            close(self._epoll)
        free(self.room)

    # For what is watched by itself.

    cdef int watch(self, Watched watched) except -1:
        """Take in `watched`, whose descriptor nobody else has; it wants nothing yet."""
        while len(self._watched) <= watched.fd:
            self._watched.append(None)
        # 0 stands for what others watch, also when the numbers begin anew.
        self._numbers = self._numbers + 1 or 1
        watched.number = self._numbers
        watched.interest = 0
        watched.poller = self
        self._watched[watched.fd] = watched
        return 0

    cdef int want(self, Watched watched, unsigned int interest) except -1:
        """Have `watched` called for what `interest` says, from now on."""
        if watched.interest != interest and self._epoll >= 0:
            self._control(
                EPOLL_CTL_ADD if not watched.interest else EPOLL_CTL_MOD if interest else EPOLL_CTL_DEL,
                watched.fd,
                interest,
                watched.number,
            )
            watched.interest = interest
        return 0

    cdef int forget(self, Watched watched) except -1:
        """Let go of `watched`, before its descriptor is closed."""
        if watched.poller is None:
            return 0
        self.want(watched, 0)
        if watched.fd < len(self._watched):
            self._watched[watched.fd] = None
        watched.poller = None
        return 0

    cdef Watched watched_at(self, Py_ssize_t descriptor):
        """Give what watches a descriptor by itself, or None."""
        return self._watched[descriptor] if 0 <= descriptor < len(self._watched) else None

    cdef list wait(self, int milliseconds):
        """Wait for events, call those who watch by themselves, and return the others' keys with their events."""
        cdef epoll_event events[BATCH]
        cdef epoll_event *event
        cdef Watched watched
        cdef int count, place, descriptor
        cdef unsigned int number
        cdef list others = None
        if self._forks != forks:
            self._renew()
        if milliseconds:
            with nogil:
                count = epoll_wait(self._epoll, events, BATCH, milliseconds)
        else:
            count = epoll_wait(self._epoll, events, BATCH, 0)
        if count < 0:
            if errno != EINTR:
                PyErr_SetFromErrno(OSError)
            PyErr_CheckSignals()
            return None
        for place in range(count):
            event = &events[place]
            descriptor = <int>(event.data.u64 & 0x7FFFFFFF)
            number = <unsigned int>(event.data.u64 >> 32)
            if number:
                watched = self.watched_at(descriptor)
                if watched is not None and watched.number == number:
                    watched.happened(event.events)
                continue
            key = self._keys.get(descriptor)
            if key is not None:
                if others is None:
                    others = []
                others.append(
                    (
                        key,
                        key.events
                        & (
                            (EVENT_READ if event.events & ~<unsigned int>EPOLLOUT else 0)
                            | (EVENT_WRITE if event.events & ~<unsigned int>EPOLLIN else 0)
                        ),
                    )
                )
        return others

    cdef int _control(self, int operation, int fd, unsigned int interest, unsigned int number) except -1:
        cdef epoll_event event
        if self._forks != forks:
            self._renew()
        event.events = interest
        event.data.u64 = <uint64_t>number << 32 | <unsigned int>fd
        if epoll_ctl(self._epoll, operation, fd, &event) < 0:
            if operation == EPOLL_CTL_DEL:
                # It is closed already.
                return 0
            PyErr_SetFromErrno(OSError)
        return 0

    cdef int _renew(self) except -1:
        """Watch the same in an epoll of this process's own."""
        cdef Watched watched
        self._forks = forks
        if self._epoll < 0:
            return 0
        close(self._epoll)
        self._epoll = epoll_create1(EPOLL_CLOEXEC)
        if self._epoll < 0:
            PyErr_SetFromErrno(OSError)
        for watched in self._watched:
            if watched is not None:
                watched.forked()
                if watched.interest:
                    self._control(EPOLL_CTL_ADD, watched.fd, watched.interest, watched.number)
        for key in self._keys.values():
            # Others may have closed theirs before.
            with suppress(OSError):
                self._control(EPOLL_CTL_ADD, key.fd, bits_of(key.events), 0)
        return 0

    # As a selector.

    def register(self, fileobj, int events, data=None):
        """Watch a descriptor for others (`selectors.BaseSelector.register`)."""
        cdef int fd = number_of(fileobj)
        if fd in self._keys:
            raise KeyError(f"{fileobj!r} (FD {fd}) is already registered")
        key = SelectorKey(fileobj, fd, events, data)
        self._control(EPOLL_CTL_ADD, fd, bits_of(events), 0)
        self._keys[fd] = key
        return key

    def modify(self, fileobj, int events, data=None):
        """Watch it for something else, or with other data."""
        key = self.get_key(fileobj)
        if events != key.events:
            self._control(EPOLL_CTL_MOD, key.fd, bits_of(events), 0)
        changed = key._replace(events=events, data=data)
        self._keys[key.fd] = changed
        return changed

    def unregister(self, fileobj):
        """Watch it no more."""
        key = self.get_key(fileobj)
        del self._keys[key.fd]
        self._control(EPOLL_CTL_DEL, key.fd, 0, 0)
        return key

    def get_key(self, fileobj):
        """Give the key of a descriptor that is registered; KeyError for others."""
        return self._keys[number_of(fileobj)]

    def get_map(self):
        """Give the keys by descriptor."""
        return self._keys

    def select(self, timeout=None):
        """Wait, `timeout` seconds at most, and return the keys of what is ready with their events."""
        return self.wait(-1 if timeout is None else milliseconds_of(timeout)) or []

    def fileno(self):
        """Give the number of epoll's own descriptor."""
        return self._epoll

    def close(self):
        """Give epoll's descriptor back."""
        cdef Watched watched
        if self._epoll >= 0:
            close(self._epoll)
            self._epoll = -1
        for watched in self._watched:
            if watched is not None:
                watched.interest = 0
        self._watched = []
        self._keys = {}


cdef int milliseconds_of(double seconds) noexcept:
    """Round up: who waits for a time must not wake before it."""
    return 0 if seconds <= 0 else <int>min(seconds * 1000 + 0.999, 86400000.0)


cdef int number_of(fileobj) except -1:
    cdef int fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
    if fd < 0:
        raise ValueError(f"Invalid file descriptor: {fd}")
    return fd


cdef unsigned int bits_of(int events):
    return (EPOLLIN if events & 1 else 0) | (EPOLLOUT if events & 2 else 0)
