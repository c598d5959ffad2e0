"""The certificates by which the service's processes are known to the rig's broker, beside their passwords.

Each kind of process has an authority of its own: what Kafka can be told to trust no more is an authority.
"""

from collections.abc import Iterable
from pathlib import Path

import trustme


class ClientCertificates:
    """In `folder`: a certificate and a key for each kind, and what the broker trusts."""

    def __init__(self, folder: Path, kinds: Iterable[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._trusted: dict[str, list[trustme.CA]] = {}
        self._stores = 0
        for kind in kinds:
            self.renew(kind)

    def certificate(self, kind: str) -> Path:
        """With its chain (PEM)."""
        return self._folder / f"{kind}.pem"

    def key(self, kind: str) -> Path:
        """Of the certificate (PEM)."""
        return self._folder / f"{kind}.key.pem"

    def renew(self, kind: str) -> None:
        """Another certificate in the same files, by another authority; what was trusted before still is."""
        authority = trustme.CA()
        made = authority.issue_cert(f"{kind}.frafaldsvarsel.example")
        made.private_key_pem.write_to_path(str(self.key(kind)))
        self.certificate(kind).write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        self._trusted.setdefault(kind, []).append(authority)

    def revoke(self, kind: str, *, but: int = 0) -> None:
        """Trust none of the kind's authorities any more, or only the last ones."""
        known = self._trusted[kind]
        del known[: len(known) - but]

    def store(self) -> Path:
        """What is trusted now, in a file that no broker has read yet."""
        self._stores += 1
        file = self._folder / f"trusted-{self._stores}.pem"
        authorities = [one for known in self._trusted.values() for one in known]
        file.write_bytes(b"".join(authority.cert_pem.bytes() for authority in authorities))
        return file
