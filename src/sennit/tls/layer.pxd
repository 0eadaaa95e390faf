from sennit.tls.sending cimport Sender


cdef class TLSLayer(Sender):
    cdef object __weakref__
    cdef public bint disconnected
    cdef public object wrappedProtocol
    cdef public bint _paused
    cdef public bint _over
    cdef public object _shutdown_timeout
    cdef object _feed
    cdef object _read
    cdef object _handshake_timeout
    cdef object _held
    cdef object _reason
    cdef object _timer
    cdef bint _end_held
    cdef bint _our_end_sent
    cdef bint _their_end_come

    cdef bint _shake(self)
    cdef bint _ended(self)
    cdef object _deliver(self)
    cdef object _their_end(self)
    cdef bint _stays_half_open(self)
    cdef bint _tell_write_lost(self)
    cdef object _send_our_end(self)
    cdef object _hold(self)
    cdef object _cut_off(self)
    cdef object _stop(self)
    cdef object _lose_below(self)
    cdef object _abort_below(self)
    cdef object _below(self, object method)
    cdef object _soon_or_now(self)
    cdef object _start_timer(self, object seconds)
    cdef object _stop_timer(self)
