"""Tests of the desktop runtime: real processes, sockets and signals, on a small Django project of their own."""
