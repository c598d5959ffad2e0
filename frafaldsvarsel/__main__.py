"""``python -m frafaldsvarsel`` is the command line."""

from frafaldsvarsel.cli import main

main()
