"""Types of ``poller.pyx``, and what the system offers."""

cdef extern from "<sys/epoll.h>":
    enum:
        EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP


cdef class Watched:
    cdef Poller poller  # None once closed
    cdef int fd
    cdef unsigned int interest  # what epoll was asked for
    cdef unsigned int number  # tells its events from those of an earlier one with the same descriptor

    cdef int happened(self, unsigned int events) except -1
    cdef int forked(self) except -1


cdef class Poller:
    cdef int _epoll
    cdef unsigned int _forks  # how many there were when it was made
    cdef unsigned int _numbers
    cdef list _watched  # by descriptor
    cdef dict _keys  # descriptors that others watch
    cdef char *room  # what is read is read into it first

    cdef int watch(self, Watched watched) except -1
    cdef int want(self, Watched watched, unsigned int interest) except -1
    cdef int forget(self, Watched watched) except -1
    cdef int _control(self, int operation, int fd, unsigned int interest, unsigned int number) except -1
    cdef list wait(self, int milliseconds)
    cdef int _renew(self) except -1
    cdef Watched watched_at(self, Py_ssize_t descriptor)

cdef int milliseconds_of(double seconds) noexcept

cdef enum:
    ROOM = 262144
