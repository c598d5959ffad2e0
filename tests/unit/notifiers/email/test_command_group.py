"""Answers to commands sent together: each is taken as the library takes it one by one, and none is without end."""

import asyncio

import pytest
from aiosmtplib import SMTPException
from aiosmtplib.protocol import SMTPProtocol

from notifiers.email.command_group import CommandGroup

AGAIN = 10_000


class _Wire(asyncio.Transport):
    """Sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.is_shut = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """The tests call it themselves."""

    def is_closing(self) -> bool:
        return self.is_shut

    def write(self, data: object) -> None:
        if self.is_shut:
            raise RuntimeError("the handler is closed")  # as uvloop


def connected() -> tuple[_Wire, SMTPProtocol]:
    wire, library = _Wire(), SMTPProtocol()
    library.connection_made(wire)
    return wire, library


@pytest.mark.parametrize(
    "answer",
    [
        b"250 2.1.0 ok\r\n",
        b"250\r\n",
        b"250 \r\n",
        b"250-\r\n250\r\n",
        b"552-\r\n552 5.3.4 too large\r\n",
        b"552-\r\n552-\r\n552-5.3.4 too large\r\n552-\r\n552 sorry\r\n",
        b"550-5.1.1 no\n550 such user\n",
        b"250ok\r\n",
        b"250\t2.1.0 ok \r\n",
        b"450 \xff\xc3\xa6\r\n",
    ],
)
async def test_an_answer_says_the_same_at_once_as_one_by_one(answer: bytes) -> None:
    wire, library = connected()
    library.data_received(answer)
    alone = await library.read_response(timeout=1)
    wire, library = connected()
    group = CommandGroup(wire, library)
    group.send([b"MAIL", b"RCPT"])
    for byte in answer * 2:
        group.data_received(bytes([byte]))
    assert [await group.answer(1) for _ in range(2)] == [tuple(alone)] * 2
    assert not group.has_leftovers


@pytest.mark.parametrize("line", [b"250-\n", b"250-x\r\n", b"250 x"], ids=str)
@pytest.mark.parametrize("pieces", [1, AGAIN])
async def test_an_answer_without_end_is_given_up(line: bytes, pieces: int) -> None:
    wire, library = connected()
    group = CommandGroup(wire, library)
    group.send([b"MAIL"])
    for _ in range(pieces):
        group.data_received(line * (AGAIN // pieces))
    with pytest.raises(SMTPException) as fault:
        await group.answer(0.01)
    assert not isinstance(fault.value, TimeoutError)


async def test_a_connection_that_is_being_closed_takes_no_commands() -> None:
    wire, library = connected()
    group = CommandGroup(wire, library)
    wire.is_shut = True
    with pytest.raises(SMTPException):
        group.send([b"MAIL"])
