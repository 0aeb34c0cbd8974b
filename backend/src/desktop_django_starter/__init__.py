"""The demo project: settings, addresses, the frame around every page, and nothing about ponies."""
