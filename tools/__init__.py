"""What the Makefile runs: set-up, checks and the demonstration, with nothing but Python.

Everything here is standard library only, because it runs before anything is installed. The first
call makes ``.venv`` and starts over inside it (see ``environment``); from there on
``sys.executable`` is the Python that everything is installed into. What was done already is
recognised by content and skipped, so a second call is quick.
"""
