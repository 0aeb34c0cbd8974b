"""My Ponies: a list of things, and forms to add, change and remove them. Replace it with your own app."""
