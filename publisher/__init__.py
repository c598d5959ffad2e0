"""The sender's side: read, seal, sign, publish. It knows the contract and nothing of the service."""
