"""The demo project: settings, addresses, the frame around every page, and nothing about ponies."""

# That of pyproject.toml, which is not shipped. Copies of the database before a migration are named after it.
__version__ = "0.1.0"
