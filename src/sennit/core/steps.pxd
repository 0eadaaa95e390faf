"""One step of a coroutine or generator in its context, where an end is no exception."""

cdef extern from *:
    """
    static int sennit_step_ended = 0;

    static PyObject *sennit_step(PyObject *context, PyObject *coroutine, PyObject *value) {
        PyObject *result = NULL;
        PySendResult outcome;
        if (PyContext_Enter(context) < 0) {
            return NULL;
        }
        outcome = PyIter_Send(coroutine, value, &result);
        if (PyContext_Exit(context) < 0) {
            Py_CLEAR(result);
            return NULL;
        }
        sennit_step_ended = outcome == PYGEN_RETURN;
        return result;
    }

    static PyObject *sennit_call_in(PyObject *context, PyObject *func, PyObject *args, PyObject *keywords) {
        PyObject *result;
        context = context == Py_None ? PyContext_New() : Py_NewRef(context);
        if (context == NULL) {
            return NULL;
        }
        if (PyContext_Enter(context) < 0) {
            Py_DECREF(context);
            return NULL;
        }
        result = PyObject_Call(func, args, keywords == Py_None ? NULL : keywords);
        if (PyContext_Exit(context) < 0) {
            Py_CLEAR(result);
        }
        Py_DECREF(context);
        return result;
    }

    static int sennit_in_step(PyObject *stepping) {
        PyObject *marker;
        int same = 0;
        if (PyContextVar_Get(stepping, NULL, &marker) < 0) {
            return -1;
        }
        if (marker == NULL) {
            return 0;
        }
        if (PyList_CheckExact(marker) && PyList_GET_SIZE(marker) > 0) {
            unsigned long thread = PyLong_AsUnsignedLong(PyList_GET_ITEM(marker, 0));
            if (thread == (unsigned long) -1 && PyErr_Occurred()) {
                Py_DECREF(marker);
                return -1;
            }
            same = thread == PyThread_get_thread_ident();
        }
        Py_DECREF(marker);
        return same;
    }

    /* What a result that is there already is awaited through.  It holds it for no longer than that takes. */
    typedef struct {
        PyObject_HEAD
        PyObject *value;
    } sennit_Finished;

    static PySendResult sennit_finished_send(PyObject *self, PyObject *sent, PyObject **result) {
        PyObject *value = ((sennit_Finished *)self)->value;
        (void)sent;
        ((sennit_Finished *)self)->value = NULL;
        *result = value != NULL ? value : Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }

    static PyObject *sennit_finished_next(PyObject *self) {
        PyObject *value, *stop;
        sennit_finished_send(self, Py_None, &value);
        stop = PyObject_CallOneArg(PyExc_StopIteration, value);
        Py_DECREF(value);
        if (stop != NULL) {
            PyErr_SetObject(PyExc_StopIteration, stop);
            Py_DECREF(stop);
        }
        return NULL;
    }

    static PyObject *sennit_finished_send_method(PyObject *self, PyObject *sent) {
        (void)sent;
        return sennit_finished_next(self);
    }

    static void sennit_finished_dealloc(PyObject *self) {
        Py_XDECREF(((sennit_Finished *)self)->value);
        PyObject_Free(self);
    }

    static PyMethodDef sennit_finished_methods[] = {
        {"send", sennit_finished_send_method, METH_O, NULL},
        {NULL, NULL, 0, NULL},
    };

    static PyAsyncMethods sennit_finished_async = {.am_send = sennit_finished_send};

    static PyTypeObject sennit_finished_type = {
        PyVarObject_HEAD_INIT(NULL, 0)
        .tp_name = "sennit.core.steps.Finished",
        .tp_basicsize = sizeof(sennit_Finished),
        .tp_dealloc = sennit_finished_dealloc,
        .tp_as_async = &sennit_finished_async,
        .tp_flags = Py_TPFLAGS_DEFAULT,
        .tp_iter = PyObject_SelfIter,
        .tp_iternext = sennit_finished_next,
        .tp_methods = sennit_finished_methods,
    };

    static PyObject *sennit_finished(PyObject *value) {
        sennit_Finished *self = PyObject_New(sennit_Finished, &sennit_finished_type);
        if (self != NULL) {
            self->value = Py_NewRef(value);
        }
        return (PyObject *)self;
    }

    static int sennit_await_by(PyObject *type, unaryfunc function) {
        ((PyTypeObject *)type)->tp_as_async->am_await = function;
        return PyType_Ready(&sennit_finished_type);
    }
    """
    const bint COMPILED "1"
    object step "sennit_step"(object context, object coroutine, object value)
    bint ended "sennit_step_ended"
    object call_in "sennit_call_in"(object context, object func, tuple args, object keywords)
    object finished "sennit_finished"(object value)
    int await_by "sennit_await_by"(object type, object (*function)(object)) except -1
    bint in_step "sennit_in_step"(object stepping) except -1
