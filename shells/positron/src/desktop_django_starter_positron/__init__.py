"""The Positron shell: a Toga window around the Django app, which runs in the same process.

facts     what dds.toml says, and where things are
backend   the app on threads of this process
window    what there is to see
commands  the menu
people_data  what the menu offers for a person's data (these three need Toga)
browser   what a page may do in WebKitGTK's view
smoke     `DESKTOP_DJANGO_SMOKE_TEST=1`: whether what is there to see is the app
__main__  the order of things
"""
