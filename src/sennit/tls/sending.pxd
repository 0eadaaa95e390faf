from sennit.tls.engine cimport Engine


cdef class _Valve:
    cdef Sender _layer


cdef class Sender:
    cdef public object clock
    cdef public bint connected
    cdef public bint disconnecting
    cdef public object producer
    cdef public bint streamingProducer
    cdef public object transport
    cdef public Py_ssize_t _queued
    cdef public bint _producer_paused
    cdef public bint _shaken
    cdef readonly Engine _engine
    cdef object _encrypt
    cdef object _take
    cdef object _queue
    cdef object _high_water
    cdef object _low_water
    cdef object _soon
    cdef bint _flush_due
    cdef bint _inside
    cdef bint _below_paused
    cdef bint _has_valve
    cdef bint _write_ending
    cdef bint _write_over

    cdef object _schedule(self)
    cdef object _press(self)
    cdef object _weigh(self)
    cdef object _flush(self)
    cdef object _piece(self)
    cdef object _flushed(self)
    cdef object _send(self)
    cdef object _tell_producer(self, object method)
    cdef object _stop_producer(self)
    cdef object _put_valve(self)
    cdef object _take_valve(self)
    cdef object _close(self)
    cdef object _fail(self, object error)
    cdef object _user_failed(self, object message, object culprit)


cpdef object end_of_turn(object clock)
