"""How to reach the relay, as one frozen record; it must not open or read anything.

What it refuses is refused before the first mail, with a sentence.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from models.base import Frozen
from notifiers.addresses import Address
from notifiers.content.mail_message import HeaderText

STEPS = 12  # connect, greeting, 2 × EHLO, STARTTLS, handshake, AUTH (2), MAIL, RCPT, DATA, RSET


class SmtpSettings(Frozen):
    """Waits are seconds, each for one step: no server can hold a mail longer than `longest_send_seconds`."""

    host: str = Field(min_length=1, pattern=r"^[A-Za-z0-9._:-]+$")
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    username: str | None = None
    password: SecretStr | None = None
    sender: Address
    sender_name: HeaderText = "Frafaldsvarsel"
    hello_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]{1,255}$")
    """What we call ourselves in EHLO; the sender's domain unless told otherwise."""
    timeout_seconds: float = Field(default=30, gt=0, le=300)
    answer_timeout_seconds: float = Field(default=120, gt=0, le=900)
    """For the answer to the final dot. Long: to give up here is not to know (RFC 5321, 4.5.3.2.6)."""
    idle_seconds: float = Field(default=20, gt=0)
    """A connection that was idle for longer is not used again."""
    mails_per_connection: int = Field(default=100, ge=1)

    @model_validator(mode="after")
    def _login_is_whole_and_never_in_the_clear(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("a login needs both a username and a password")
        if self.username is not None and self.tls == "none":
            raise ValueError('a login with tls="none" would send the password in the clear')
        if self.ca_file is not None and self.tls == "none":
            raise ValueError('a ca_file has no meaning with tls="none"')
        return self

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]

    @property
    def ehlo_name(self) -> str:
        return self.hello_name or self.domain

    @property
    def longest_send_seconds(self) -> float:
        """The bound of one `send`: a dropped old connection, then all steps on a new one."""
        return 2 * STEPS * self.timeout_seconds + self.answer_timeout_seconds
