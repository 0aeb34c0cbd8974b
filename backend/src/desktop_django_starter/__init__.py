"""The demo project: settings, addresses, the frame around every page, and nothing about ponies."""

# The one place; the wheel and the copies of the database before a migration are named after it.
__version__ = "0.1.0"
