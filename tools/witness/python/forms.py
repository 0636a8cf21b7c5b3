"""The forms that a bundle is made of. What is not exactly in its form is a fault."""

import base64
import hashlib
import json
import re
from datetime import datetime

import rfc8785

BIGGEST = 2**53 - 1
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class Fault(Exception):
    """The first thing that does not hold: a code of docs/verify.md, where, and what."""

    def __init__(self, code, where, what):
        super().__init__(f"{code} at {where}: {what}")


def refuse(where, what):
    raise Fault("MALFORMED", where, what)


def parse(data, where):
    """JSON whose bytes are exactly its own RFC 8785 text, which a member that is there twice never is."""
    try:
        value = json.loads(data.decode("utf-8"))
        is_canonical = rfc8785.dumps(value) == data
    except (ValueError, RecursionError):
        is_canonical = False
    if not is_canonical:
        raise Fault("NOT_CANONICAL", where, "is not in its RFC 8785 form")
    return value


def members(value, required, where, optional=()):
    """The object itself, with all of `required`, perhaps some of `optional`, and nothing else."""
    if not isinstance(value, dict):
        refuse(where, "is not an object")
    for name in required:
        if name not in value:
            refuse(where, f"has no member {name}")
    for name in value:
        if name not in required and name not in optional:
            refuse(where, f"has an unknown member {name}")
    return value


def sequence(value, where, shortest=0, longest=BIGGEST):
    if not isinstance(value, list) or not shortest <= len(value) <= longest:
        refuse(where, "is not a list of the right length")
    return value


def text(value, where):
    if not isinstance(value, str) or value == "":
        refuse(where, "is not a text with content")
    return value


def integer(value, where, least=0):
    # True and False are integers to Python.
    if type(value) is not int or not least <= value <= BIGGEST:
        refuse(where, f"is not an integer from {least}")
    return value


def one_of(value, choices, where):
    if not isinstance(value, str) or value not in choices:
        refuse(where, f"is not one of {', '.join(choices)}")
    return value


def hexadecimal(value, where, size=32):
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value):
        refuse(where, f"is not {size} bytes in lower-case hex")
    return value


def decoded(value, where, size=None):
    """The bytes of canonical base64: what decodes and encodes to the same text."""
    try:
        data = base64.b64decode(value, validate=True)
        is_canonical = base64.b64encode(data).decode() == value
    except (ValueError, TypeError):
        is_canonical = False
    if not is_canonical:
        refuse(where, "is not canonical base64")
    if size is not None and len(data) != size:
        refuse(where, f"is not {size} bytes")
    return data


def time(value, where):
    try:
        is_time = TIME.fullmatch(value) is not None and datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ") is not None
    except (ValueError, TypeError):
        is_time = False
    if not is_time:
        refuse(where, "is not a time in the form 2026-11-21T08:54:22.123Z")
    return value


def sha256(data):
    return hashlib.sha256(data).hexdigest()
