"""What may be logged of a fault: its kind and its place. Its words may hold a row's values."""

import traceback

import psycopg


def fault_kind(fault: BaseException) -> str:
    """Type, code of PostgreSQL, function and line."""
    found = traceback.extract_tb(fault.__traceback__)
    place = f" in {found[-1].name}, line {found[-1].lineno}" if found else ""
    code = f" {fault.sqlstate}" if isinstance(fault, psycopg.Error) and fault.sqlstate else ""
    return f"{type(fault).__name__}{code}{place}"
