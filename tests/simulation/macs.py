"""The stream's keys of a simulated world: a record without a MAC would be foreign in it."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Final

from crypto.stream_keys import StreamKeyring
from infra.stream_mac import StreamMac

MAC: Final = StreamMac(
    StreamKeyring(keys={"s1": b64encode(bytes(range(32))).decode()}, active="s1").tags(),
    datetime(2000, 1, 1, tzinfo=UTC),
)
