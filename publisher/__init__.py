"""The sender's side: read a file, seal the CPR, sign, publish. It knows the contract and nothing of the service."""
