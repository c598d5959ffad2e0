"""The canary: a made-up message through the whole chain, followed from the broker to the mail."""
