"""No I/O and no clock: deferreds, coroutines, failures, locks, adapters, interfaces, addresses, errors."""
