"""Settings by role: `base` is common, `local` is for a developer, `packaged` is for the shipped app."""
