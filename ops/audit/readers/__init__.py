"""What is noted of each record of the log: one file for each topic, from bytes to rows of the index."""
