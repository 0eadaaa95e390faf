from sennit.transport.gathering cimport Gathered

cdef extern from *:
    # One byte each: there are many, and many connections.
    ctypedef bint flag "char"


cdef class Consumer:
    cdef public object write
    cdef public object producer
    cdef public object reactor
    cdef public object _carrier
    cdef public object _high_water
    cdef public object _low_water
    cdef Gathered _gathered
    cdef public flag connected
    cdef public flag disconnecting
    cdef public flag streamingProducer
    cdef public flag _over
    cdef public flag _draining
    cdef public flag _producer_paused
    cdef public flag _pull_due
    cdef public flag _resuming

    cdef object _begin(self, object reactor)
    cpdef send_gathered(self)
    cpdef pause_writing(self)
    cpdef resume_writing(self)
    cpdef _set_limits(self)
    cpdef _stop_producer(self)
    cdef object _abort_carrier(self)
    cdef object _drain(self)
    cdef object _weigh(self)
    cdef object _pause_producer(self)
    cdef object _pull(self)
