"""Stable Routines: background work that a page starts, and follows while it runs."""
