cimport cython
from sennit.websocket.frames cimport FrameReader, frame


cdef class Conversation:
    cdef object _core
    cdef list _fragments
    cdef object _limits
    cdef bint _masks
    cdef FrameReader _reader
    cdef bint _text
    cdef public bint ends

    @cython.locals(received=list, reader=FrameReader)
    cpdef list receive_data(self, bytes data)
    cdef object _take(self, bytes data, list received)
    cdef bint _join(self, bytes data, bint final, list received) except -1
    @cython.locals(writes=list)
    cpdef bytes output(self)
    @cython.locals(payload=bytes, kind=cython.int)
    cpdef object send(self, object message)
