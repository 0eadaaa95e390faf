cimport cython

from sennit.core.chain cimport Chain, Waiter
cimport sennit.core.steps as steps

cdef set DEFERREDS, FAILURES
cdef bint COMPILED
cdef dict current_tasks


cdef class Driver(Waiter):
    cdef object _make
    cdef public Chain deferred


cdef class GeneratorDriver(Driver):
    cdef public object _generator
    cdef public object _context
    cdef public object _waits_for
    @cython.locals(waits=Chain, failed=bint)
    cdef Chain _take(self, object result, bint failed)
    @cython.locals(following=Chain)
    cpdef object _future_done(self, object future)


cdef class CoroutineDriver(Driver):
    cdef object __weakref__
    cdef public bint _asyncio_future_blocking
    cdef public bint _must_cancel
    cdef bint _shown
    cdef public object _callbacks
    cdef public object _cancel_message
    cdef public object _context
    cdef public object _coro
    cdef public object _fut_waiter
    cdef public object _loop
    cdef public list _marker
    cdef public object _outcome
    @cython.locals(waits=Chain, failed=bint)
    cdef Chain _take(self, object result, bint failed, object loop=*)
    @cython.locals(waits=Chain)
    cdef bint _wait_for(self, object yielded, object loop) except -1
    cdef Chain _ended(self, object result)
    cdef object _cancel_wait(self)
    cdef Chain _cancel_wait_now(self)
    @cython.locals(following=Chain)
    cpdef object _step_from_loop(self, object result=*, bint failed=*)


@cython.locals(waits=Chain, failed=bint)
cdef tuple _given_back(object yielded)
@cython.locals(deferred=Chain)
cdef Chain _settle(Driver driver, object outcome)
@cython.locals(deferred=Chain, following=Chain)
cdef Chain _settle_quietly(Driver driver, object outcome)

@cython.locals(task=CoroutineDriver, deferred=Chain)
cpdef Chain start_coroutine(object make, object coro)
@cython.locals(driver=GeneratorDriver, deferred=Chain)
cpdef Chain start_generator(object make, object generator)
