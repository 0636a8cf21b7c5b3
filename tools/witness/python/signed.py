"""What is signed, and by whose key: DSSE envelopes, key lists, checkpoints. The signatures are securesystemslib's work."""

import base64
import hashlib
import json
import re

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature, SSlibKey

from forms import Fault, decoded, integer, members, one_of, parse, refuse, sequence, text, time

KEY_LIST_TYPE = "application/vnd.countersign.keys+json"
NOTE = re.compile(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n\n— ([^\n ]+) ([^\n ]+)\n")
ORIGIN = re.compile(r"[!-*,-~]+/log/([!-*,-.0-~]+)/[1-9][0-9]*")


def key_id(public):
    """RFC 7638 thumbprint. securesystemslib would give the key an id of its own, so it is always named."""
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    digest = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ssl_key(public):
    return SSlibKey(keyid=key_id(public), keytype="ed25519", scheme="ed25519", keyval={"public": public.hex()})


class OpenedEnvelope:
    """The stored text of an envelope: its own RFC 8785 form, exactly one signature."""

    def __init__(self, data, where):
        value = members(parse(data, where), ("payload", "payloadType", "signatures"), where)
        decoded(value["payload"], where)
        text(value["payloadType"], where)
        (signature,) = sequence(value["signatures"], f"{where}.signatures", 1, 1)
        members(signature, ("keyid", "sig"), f"{where}.signatures[0]")
        self.where = where
        self.keyid = text(signature["keyid"], where)
        decoded(signature["sig"], where, 64)
        # It rewrites what it reads.
        self.dsse = Envelope.from_dict(json.loads(data))

    def check(self, public):
        try:
            self.dsse.verify([ssl_key(public)], 1)
        except VerificationError as error:
            raise Fault("SIGNATURE_INVALID", self.where, str(error)) from error


def read_key(key, where):
    members(key, ("id", "purpose", "public", "from", "to", "revoked"), where)
    one_of(key["purpose"], ("decision", "log"), where)
    if text(key["id"], where) != key_id(decoded(key["public"], where, 32)):
        refuse(where, "has another thumbprint than its id")
    time(key["from"], where)
    if key["to"] is not None:
        time(key["to"], where)
    revoked = key["revoked"]
    if revoked is None:
        return
    if isinstance(revoked, dict) and revoked.get("reason") == "superseded":
        members(revoked, ("from", "reason"), where)
    else:
        members(revoked, ("from", "reason", "good"), where)
        one_of(revoked["reason"], ("compromised",), where)
        if not isinstance(revoked["good"], dict):
            refuse(where, "names no good sizes")
        for size in revoked["good"].values():
            integer(size, where)
    time(revoked["from"], where)


class KeyList:
    """A key list that the given root signed."""

    def __init__(self, data, root, where):
        envelope = OpenedEnvelope(data, where)
        if envelope.keyid != key_id(root):
            raise Fault("ROOT_MISMATCH", where, f"is signed by {envelope.keyid}, which is not the pinned root key")
        envelope.check(root)
        if envelope.dsse.payload_type != KEY_LIST_TYPE:
            refuse(where, "is no key list")
        value = members(parse(envelope.dsse.payload, where), ("v", "number", "at", "root", "keys"), where)
        if integer(value["v"], where) != 1:
            refuse(where, "is of another version")
        self.number = integer(value["number"], where, 1)
        time(value["at"], where)
        for place, key in enumerate(sequence(value["keys"], where)):
            read_key(key, f"{where}.keys[{place}]")
        self.keys = {key["id"]: key for key in value["keys"]}
        if len(self.keys) != len(value["keys"]):
            refuse(where, "has a key twice")
        if decoded(value["root"], where, 32) != root:
            raise Fault("ROOT_MISMATCH", where, "names another root key than the pinned one")

    def follows(self, earlier):
        """A higher number, no key gone or changed, no revocation taken back."""
        if self.number <= earlier.number:
            return False
        for keyid, before in earlier.keys.items():
            after = self.keys.get(keyid)
            if after is None or any(after[name] != before[name] for name in ("purpose", "public", "from")):
                return False
            was, now = before["revoked"], after["revoked"]
            if was and (not now or (was["reason"] == "compromised" and now["reason"] != "compromised")):
                return False
        return True

    def public(self, keyid, where):
        if keyid not in self.keys:
            raise Fault("KEY_UNKNOWN", where, f"is signed by {keyid}, which is in no key list")
        return base64.b64decode(self.keys[keyid]["public"])

    def judge(self, keyid, purpose, where, origin, index, at=None):
        """Whether a signature by a listed key counts; a checkpoint states no time."""
        key = self.keys[keyid]
        revoked = key["revoked"]
        if key["purpose"] != purpose:
            raise Fault("KEY_PURPOSE", where, f"is signed by {keyid}, which is listed for another purpose")
        if revoked and revoked["reason"] == "compromised":
            if origin not in revoked["good"] or index >= revoked["good"][origin]:
                raise Fault("KEY_REVOKED", where, f"is signed by {keyid}, which is compromised and not good here")
            return
        ends = [end for end in (key["to"], revoked and revoked["from"]) if end]
        if at is not None and not (key["from"] <= at and all(at < end for end in ends)):
            raise Fault("KEY_NOT_VALID_THEN", where, f"is signed by {keyid}, which was not valid at {at}")


class Checkpoint:
    """A C2SP signed note of three lines with exactly one signature, by a listed log key that counts."""

    def __init__(self, note, keys, where):
        lines = NOTE.fullmatch(note)
        if not lines:
            refuse(where, "is not a checkpoint with exactly one signature line")
        self.origin, size, root, name, sealed = lines.groups()
        named = ORIGIN.fullmatch(self.origin)
        if name != self.origin or not named:
            refuse(where, "is not signed in the name of a log")
        self.tenant = named[1]
        self.size = integer(int(size), where)
        self.root = decoded(root, where, 32)
        signature = decoded(sealed, where, 68)
        body = note.partition("\n\n")[0] + "\n"
        self._check(keys, body.encode(), signature[:4], signature[4:], where)

    def _check(self, keys, body, hint, signature, where):
        hinted = [keyid for keyid in keys.keys if self._hint(keys.public(keyid, where)) == hint]
        if not hinted:
            raise Fault("KEY_UNKNOWN", where, f"is signed by {hint.hex()}, which is in no key list")
        for keyid in hinted:
            try:
                ssl_key(keys.public(keyid, where)).verify_signature(Signature(keyid, signature.hex()), body)
            except UnverifiedSignatureError:
                continue
            keys.judge(keyid, "log", where, self.origin, self.size - 1)
            return
        raise Fault("SIGNATURE_INVALID", where, "does not have the signature of the key that it names")

    def _hint(self, public):
        return hashlib.sha256(self.origin.encode() + b"\n\x01" + public).digest()[:4]
