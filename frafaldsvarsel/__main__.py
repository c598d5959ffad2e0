"""``python -m frafaldsvarsel`` is the command line."""

from frafaldsvarsel.commands import main

main()
