"""The pages: each reads what it shows, or does one deed, and answers in the visitor's language."""
