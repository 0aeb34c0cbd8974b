"""One table, three pages, and a worker: enough for a window to be tried on."""
