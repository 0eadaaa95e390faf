cimport cython


@cython.locals(size=longlong, bit=cython.int)
cpdef bytes frame(int opcode, bytes payload, bint masked)


cdef class FrameReader:
    cdef bint _masked
    cdef long long _most
    cdef bytearray _rest
    cdef long long _wanted
    cdef long long _passing
    cdef bint _fragmented

    @cython.locals(
        found=list,
        passing=longlong,
        at=longlong,
        end=longlong,
        start=longlong,
        stop=longlong,
        size=longlong,
        first=cython.int,
        second=cython.int,
        payload=bytes,
        whole=bint,
    )
    cpdef list read(self, bytes data)
    cdef object _keep(self, bytes data, long long wanted)
