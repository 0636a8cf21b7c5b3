"""Verifies Countersign bundles with securesystemslib and rfc8785 instead of Countersign's verifier: docs/verify.md.

Exit codes: 0 every bundle holds under the root, 8 one does not, 2 the command is not right.
"""

import argparse
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from forms import Fault, decoded, hexadecimal, integer, members, one_of, parse, refuse, sequence, sha256, text, time
from merkle import is_consistent, is_included, leaf_hash
from signed import Checkpoint, KeyList, OpenedEnvelope

STATEMENT_TYPE = "application/vnd.in-toto+json"
PREDICATES = "https://countersign.dev/attestations/"
GATES = ("spec", "plan", "diff", "merge", "budget")
VERDICTS = ("approve", "reject", "request-changes")
RULE_MEMBERS = ("gate", "request", "revision", "policyVersion", "at", "nonce")
DECISION_MEMBERS = (*RULE_MEMBERS, "verdict", "actor", "roles", "channel", "authentication", "reasonSha256", "policyIds")


class Statement:
    """A decision or a passed gate, signed by a key that counts where the entry lies."""

    def __init__(self, data, keys, head, index, where):
        envelope = OpenedEnvelope(data, where)
        if envelope.dsse.payload_type != STATEMENT_TYPE:
            refuse(where, "is no statement")
        envelope.check(keys.public(envelope.keyid, where))
        value = members(parse(envelope.dsse.payload, where), ("_type", "subject", "predicateType", "predicate"), where)
        one_of(value["_type"], ("https://in-toto.io/Statement/v1",), where)
        kinds = {f"{PREDICATES}decision/v1": "decision", f"{PREDICATES}gate-passed/v1": "gate-passed"}
        self.type = kinds[one_of(value["predicateType"], tuple(kinds), where)]
        self._read(value["predicate"], where)
        (subject,) = sequence(value["subject"], f"{where}.subject", 1, 1)
        members(subject, ("name", "digest"), where)
        self.name = text(subject["name"], where)
        self.digest = hexadecimal(members(subject["digest"], ("sha256",), where)["sha256"], where)
        if self.name != f"request/{self.request}/{self.gate}/{self.revision}":
            refuse(where, "has a subject that is not named as its predicate says")
        keys.judge(envelope.keyid, "decision", where, head.origin, index, self.at)

    def _read(self, predicate, where):
        if self.type == "decision":
            members(predicate, DECISION_MEMBERS, where, ("delegation", "risk", "override"))
            self.verdict = one_of(predicate["verdict"], VERDICTS, where)
            self.person = self._person(predicate["actor"], where)
        else:
            members(predicate, (*RULE_MEMBERS, "decisions"), where)
            self.decisions = [hexadecimal(one, where) for one in sequence(predicate["decisions"], where, 1)]
            self.person = None
        self.gate = one_of(predicate["gate"], GATES, where)
        self.request = text(predicate["request"], where)
        self.revision = integer(predicate["revision"], where)
        self.at = time(predicate["at"], where)

    @staticmethod
    def _person(actor, where):
        if not isinstance(actor, dict) or actor.get("kind") != "person":
            members(actor, ("kind", "id", "inputsSha256"), where)
            one_of(actor["kind"], ("policy", "gate-off"), where)
            return None
        return text(members(actor, ("kind", "id", "issuer", "subject"), where)["id"], where)


class Entry:
    """An entry at its place in the log; what its payload says is read later."""

    def __init__(self, value, head):
        self.index = value["index"]
        self.where = f"entry {self.index}"
        data = decoded(value["entry"], self.where)
        names = ("v", "tenant", "type", "at", "payload")
        self.says = members(parse(data, self.where), names, self.where, ("actor", "request", "subject"))
        if integer(self.says["v"], self.where) != 1:
            refuse(self.where, "is of another version")
        for name in ("tenant", "type", *(name for name in ("actor", "request", "subject") if name in self.says)):
            text(self.says[name], self.where)
        time(self.says["at"], self.where)
        hexadecimal(self.says["payload"], self.where)
        proof = [bytes.fromhex(step) for step in value["proof"]]
        if not is_included(self.index, head.size, leaf_hash(data), proof, head.root):
            raise Fault("ENTRY_NOT_IN_LOG", self.where, "is not in the log that the checkpoint states")
        if self.says["tenant"] != head.tenant:
            raise Fault("TENANT_MISMATCH", self.where, "belongs to another tenant than the log")
        self.payload = None if value["payload"] is None else decoded(value["payload"], self.where)
        self.statement = None

    def judge_hash(self):
        if self.payload is not None and sha256(self.payload) != self.says["payload"]:
            raise Fault("PAYLOAD_MISMATCH", self.where, "has another payload than the one that was logged")

    def judge_payload(self, root, keys, head):
        if self.payload is None:
            return
        if self.says["type"] in ("decision", "gate-passed"):
            self.statement = Statement(self.payload, keys, head, self.index, self.where)
            self._judge_agreement()
        elif self.says["type"] == "keys":
            if KeyList(self.payload, root, self.where).number > keys.number:
                raise Fault("KEY_LIST_OLD", self.where, "holds a newer key list than the bundle shows")
        else:
            salted = parse(self.payload, self.where)
            hexadecimal(isinstance(salted, dict) and salted.get("salt"), f"{self.where}.salt", 16)

    def _judge_agreement(self):
        stated = self.statement
        said = {"type": stated.type, "at": stated.at, "request": stated.request, "subject": stated.name, "actor": stated.person}
        if any(self.says.get(name) != value for name, value in said.items()):
            raise Fault("STATEMENT_MISMATCH", self.where, "says something else than the statement that it holds")


def judge_shape(bundle):
    members(bundle, ("type", "keys", "checkpoint", "consistency", "entries", "subjects"), "bundle")
    one_of(bundle["type"], ("https://countersign.dev/bundle/v1",), "bundle.type")
    for key_list in sequence(bundle["keys"], "bundle.keys", 1):
        text(key_list, "bundle.keys")
    text(bundle["checkpoint"], "bundle.checkpoint")
    proofs = []
    if bundle["consistency"] is not None:
        members(bundle["consistency"], ("checkpoint", "proof"), "bundle.consistency")
        text(bundle["consistency"]["checkpoint"], "bundle.consistency.checkpoint")
        proofs.append(bundle["consistency"]["proof"])
    before = -1
    for entry in sequence(bundle["entries"], "bundle.entries", 1):
        members(entry, ("index", "entry", "payload", "proof"), "bundle.entries")
        decoded(entry["entry"], "bundle.entries")
        if entry["payload"] is not None:
            decoded(entry["payload"], "bundle.entries")
        if integer(entry["index"], "bundle.entries") <= before:
            refuse("bundle.entries", "is not in ascending order of its index")
        before = entry["index"]
        proofs.append(entry["proof"])
    for proof in proofs:
        for step in sequence(proof, "proof", 0, 64):
            hexadecimal(step, "proof")
    for subject in sequence(bundle["subjects"], "bundle.subjects"):
        decoded(subject, "bundle.subjects")


def judge_keys(bundle, root):
    lists = [KeyList(one.encode(), root, f"keys[{place}]") for place, one in enumerate(bundle["keys"])]
    for earlier, later in zip(lists, lists[1:]):
        if not later.follows(earlier):
            raise Fault("KEY_LIST_BROKEN", "keys", f"list {later.number} does not follow from list {earlier.number}")
    return lists[-1]


def judge_consistency(bundle, head, keys, given):
    shown = bundle["consistency"]
    if shown:
        earlier = Checkpoint(shown["checkpoint"], keys, "consistency.checkpoint")
        proof = [bytes.fromhex(step) for step in shown["proof"]]
        if earlier.origin != head.origin or not is_consistent(earlier.size, head.size, earlier.root, head.root, proof):
            raise Fault("LOG_INCONSISTENT", "consistency", "the log does not continue the earlier checkpoint")
    notes = [bundle["checkpoint"].encode()] + ([shown["checkpoint"].encode()] if shown else [])
    if given is not None and given not in notes:
        raise Fault("EARLIER_CHECKPOINT_MISSING", "consistency", "the given checkpoint is not in the bundle")


def judge_gates(entries):
    decisions = {entry.says["payload"]: entry for entry in entries if entry.says["type"] == "decision"}

    def is_founded(gate, payload):
        found = decisions.get(payload)
        if found is None or found.statement is None:
            # Erased: that it was about this content is all that can be said.
            return found is not None and found.says.get("subject") == gate.name
        its = found.statement
        return its.verdict == "approve" and (its.name, its.digest) == (gate.name, gate.digest)

    for entry in entries:
        gate = entry.statement
        if gate and gate.type == "gate-passed" and not all(is_founded(gate, payload) for payload in gate.decisions):
            raise Fault("GATE_NOT_FOUNDED", entry.where, "names a decision that is no approval of the same content here")


def judge_subjects(bundle, entries):
    stated = {entry.statement.digest for entry in entries if entry.statement}
    before = ""
    for place, value in enumerate(bundle["subjects"]):
        where = f"subjects[{place}]"
        document = decoded(value, where)
        digest = sha256(document)
        if digest <= before:
            refuse(where, "is not in ascending order of its digest")
        before = digest
        if digest not in stated:
            raise Fault("SUBJECT_UNKNOWN", where, "is the subject of no statement here")
        stated.remove(digest)
        parse(document, where)
    if stated:
        raise Fault("SUBJECT_MISSING", "subjects", f"the document with digest {min(stated)} is missing")


def verify(data, root, given):
    """Raises the first fault of a bundle."""
    bundle = parse(data, "bundle")
    judge_shape(bundle)
    keys = judge_keys(bundle, root)
    head = Checkpoint(bundle["checkpoint"], keys, "checkpoint")
    judge_consistency(bundle, head, keys, given)
    entries = [Entry(value, head) for value in bundle["entries"]]
    for entry in entries:
        entry.judge_hash()
    for entry in entries:
        entry.judge_payload(root, keys, head)
    judge_gates(entries)
    judge_subjects(bundle, entries)
    return sum(entry.payload is None for entry in entries)


def read_root(path):
    """The raw key in a PEM file or in one line of base64."""
    data = path.read_bytes().strip()
    if not data.startswith(b"-----BEGIN"):
        return decoded(data.decode(), "root", 32)
    key = load_pem_public_key(data)
    if not isinstance(key, Ed25519PublicKey):
        refuse("root", "is not an Ed25519 key")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def main():
    asked = argparse.ArgumentParser(description="Verifies Countersign bundles under a root key.")
    asked.add_argument("bundles", nargs="+", metavar="bundle", type=Path)
    asked.add_argument("--root", required=True, type=Path, help="public key of the root: PEM, or one line of base64")
    asked.add_argument("--checkpoint", type=Path, help="a checkpoint that was kept outside")
    args = asked.parse_args()
    try:
        root = read_root(args.root)
        given = args.checkpoint.read_bytes() if args.checkpoint else None
        bundles = [(path, path.read_bytes()) for path in args.bundles]
    except (OSError, ValueError, Fault) as error:
        asked.error(str(error))
    code = 0
    for path, data in bundles:
        try:
            erased = verify(data, root, given)
            print(f"{path}: holds, {erased} payloads erased")
        except Fault as fault:
            print(f"{path}: does not hold: {fault}")
            code = 8
        except Exception as error:  # The verifier itself failed: that never counts as holding.
            print(f"{path}: does not hold: INTERNAL at bundle: {error!r}")
            code = 8
    return code


if __name__ == "__main__":
    sys.exit(main())
