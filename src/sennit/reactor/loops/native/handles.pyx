"""What is called in the loop's next turn: `asyncio.Handle`, compiled."""

cimport cython

__all__ = ["Handle"]


@cython.freelist(256)
cdef class Handle:
    """A call that ``call_soon`` was asked for."""

    cdef int run(self) except -1:
        context = self._context
        try:
            PyContext_Enter(context)
            try:
                if not self._args:
                    self._callback()
                else:
                    self._callback(*self._args)
            finally:
                # From Python 3.12 on, errors are handled in this context too.
                PyContext_Exit(context)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._loop.call_exception_handler(
                {"message": f"Exception in callback {self._callback!r}", "exception": error, "handle": self}
            )
        return 0

    def _run(self):
        """Make the call, as the loop does."""
        self.run()

    def cancel(self):
        """Have the call not be made."""
        self._cancelled = True
        self._callback = None
        self._args = ()

    def cancelled(self):
        """Tell whether it was cancelled."""
        return self._cancelled

    def get_context(self):
        """Give the context that the call is made in."""
        return self._context

    def __repr__(self):
        return f"<{type(self).__name__}{' cancelled' if self._cancelled else ''} {self._callback!r}>"


cdef Handle new_handle(object loop, object callback, tuple args, object context):
    """Make the handle of a call in `context`, or in a copy of the current one if that is None."""
    cdef Handle handle = Handle.__new__(Handle)
    handle._loop = loop
    handle._callback = callback
    handle._args = args
    handle._context = PyContext_CopyCurrent() if context is None else context
    return handle
