"""The seal of one month: intake seals and cannot open, and the same content gives the same bytes.

An X25519 agreement in the manner of RFC 9180 (HPKE, mode psk), but the ephemeral key is derived from the content, the
purpose and a secret of both sides: a replay writes the same bytes. Nobody without that secret can try contents, nor
make a seal of their own.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base

from crypto.vault import SIV_KEY_BYTES, written

_KEY_BYTES: Final = 32
_EPHEMERAL: Final = b"frafaldsvarsel month seal, ephemeral key"
_CONTENT: Final = b"frafaldsvarsel month seal, content key"


class MonthSealing:
    """Intake's half: the month's public key, and the secret of both sides."""

    def __init__(self, kid: str, public: bytes, binding: bytes) -> None:
        """`public`, `binding`: 32 bytes each."""
        self._kid = kid
        self._recipient = public
        self._binding = _sound(binding)

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """`plaintext` sealed for `purpose`; it opens only for the same purpose."""
        said = purpose.encode()
        chosen = HMAC(self._binding, SHA256())
        # The length tells where the purpose ends: no two pairs give one ephemeral key.
        chosen.update(_EPHEMERAL + self._recipient + len(said).to_bytes(8) + said + plaintext)
        ephemeral = chosen.finalize()
        # By libsodium: it finds a public half in a quarter of the time.
        sent = crypto_scalarmult_base(ephemeral)
        shared = crypto_scalarmult(ephemeral, self._recipient)
        key = _content_key(shared, self._binding, sent, self._recipient)
        return written(self._kid, sent + AESSIV(key).encrypt(plaintext, [said]))


class MonthOpening:
    """The other half: the month's private key."""

    def __init__(self, private: bytes, binding: bytes) -> None:
        """`private`, `binding`: 32 bytes each."""
        self._private = X25519PrivateKey.from_private_bytes(private)
        self._recipient = self._private.public_key().public_bytes_raw()
        self._binding = _sound(binding)

    @property
    def public(self) -> bytes:
        """The public half that belongs to it."""
        return self._recipient

    def open_body(self, body: bytes, purpose: str) -> bytes:
        """As `crypto.vault.Opener`."""
        sent, sealed = body[:_KEY_BYTES], body[_KEY_BYTES:]
        shared = self._private.exchange(X25519PublicKey.from_public_bytes(sent))
        key = _content_key(shared, self._binding, sent, self._recipient)
        return AESSIV(key).decrypt(sealed, [purpose.encode()])


def _content_key(shared: bytes, binding: bytes, sent: bytes, recipient: bytes) -> bytes:
    info = _CONTENT + sent + recipient
    return HKDF(algorithm=SHA256(), length=SIV_KEY_BYTES, salt=binding, info=info).derive(shared)


def _sound(binding: bytes) -> bytes:
    if len(binding) != _KEY_BYTES:
        raise ValueError("the secret of both sides has 32 bytes")
    return binding
