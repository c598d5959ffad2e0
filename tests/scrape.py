"""What Prometheus would read of a process's metrics."""

import urllib.request


def values(text: str) -> dict[str, float]:
    """Each series of a scrape, with its labels, and its value."""
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def scraped(port: int) -> dict[str, float]:
    """A scrape of a process on this machine; nothing while it is not served yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return values(answer.read().decode())
    except OSError:
        return {}
