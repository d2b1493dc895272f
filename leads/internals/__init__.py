"""All private API of libraries that Handoff relies on: of Django, django-fsm-2, DRF, drf-spectacular and honcho.

It lies at the bottom of the house, so that every room can import it, and has a module for each library, so that the
launcher needs no Django. `tests/leads/test_internals.py` holds each library to what is relied on here: an upgrade that
changes it fails there first. Everywhere else ruff refuses private names (SLF001).
"""
