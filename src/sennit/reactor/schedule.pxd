cimport cython
from sennit.reactor.heap cimport Heap, Placed
cimport sennit.core.steps as steps

cdef bint COMPILED
cdef double inf
cdef double _QUEUED
cdef object _NO_KEYWORDS


@cython.freelist(250)
cdef class DelayedCall(Placed):
    cdef object __weakref__
    cdef public object func
    cdef public object args
    cdef public object kw
    cdef public object _context
    cdef public double _deadline
    cdef public bint called
    cdef public bint cancelled
    cdef Schedule _schedule

    cdef object _must_be_active(self)
    @cython.locals(schedule=Schedule)
    cpdef object reset(self, double secondsFromNow)


cdef class Schedule:
    cdef public object timers
    cdef public double armed_for
    cdef readonly Heap heap
    cdef public bint nested
    cdef public object now
    cdef public bint pass_asked
    cdef readonly object queue

    @cython.locals(now=double, deadline=double, call=DelayedCall)
    cpdef DelayedCall add(self, double delay, object func, tuple args, dict kw)
    @cython.locals(call=DelayedCall)
    cpdef list pending(self)
    cpdef object move_up(self, DelayedCall call)
    cpdef object push(self, DelayedCall call)
    @cython.locals(call=DelayedCall)
    cpdef object shift(self, double seconds)
    @cython.locals(now=double, deadline=double, heap=Heap, call=DelayedCall)
    cpdef object run(self)
    @cython.locals(heap=Heap, call=DelayedCall, last=longlong, number=longlong)
    cdef object _run_heap(self, double until)
    cdef object _make(self, DelayedCall call)
