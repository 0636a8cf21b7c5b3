package main

import (
	"encoding/hex"
	"fmt"
)

const (
	statementType = "application/vnd.in-toto+json"
	predicates    = "https://countersign.dev/attestations/"
)

var (
	ruleMembers     = []string{"gate", "request", "revision", "policyVersion", "at", "nonce"}
	passedMembers   = append([]string{"decisions"}, ruleMembers...)
	decisionMembers = append([]string{"verdict", "actor", "roles", "channel", "authentication", "reasonSha256", "policyIds"}, ruleMembers...)
)

// statement is a decision or a passed gate.
type statement struct {
	kind, name, digest, request, at string
	// Of a decision.
	verdict, person string
	// Of a passed gate: the hashes of the envelopes that it rests on.
	decisions []string
}

// readStatement reads a statement that a key signed which counts at this place of the log.
func readStatement(data []byte, keys keyList, head checkpoint, index uint64, where string) *statement {
	opened := openEnvelope(data, where)
	if opened.payloadType != statementType {
		refuse(where, "is no statement")
	}
	key := keys.key(opened.keyid)
	if key == nil {
		fail("KEY_UNKNOWN", where, "is signed by %s, which is in no key list", opened.keyid)
	}
	opened.check(key.public)
	value := members(parse(opened.payload, where), where, []string{"_type", "subject", "predicateType", "predicate"})
	oneOf(value["_type"], where, "https://in-toto.io/Statement/v1")
	found := &statement{kind: "decision"}
	if oneOf(value["predicateType"], where, predicates+"decision/v1", predicates+"gate-passed/v1") != predicates+"decision/v1" {
		found.kind = "gate-passed"
	}
	subject := members(list(value["subject"], where, 1, 1)[0], where, []string{"name", "digest"})
	found.name = text(subject["name"], where)
	digest := members(subject["digest"], where, []string{"sha256"})
	found.digest = hex.EncodeToString(hexadecimal(digest["sha256"], where, 32))
	if named := found.read(value["predicate"], where); named != found.name {
		refuse(where, "has a subject that is not named as its predicate says")
	}
	key.judge(where, use{"decision", head.origin, found.at, int64(index)})
	return found
}

// read gives the name that the subject must have.
func (s *statement) read(value any, where string) string {
	var predicate object
	if s.kind == "decision" {
		predicate = members(value, where, decisionMembers, "delegation", "risk", "override")
		s.verdict = oneOf(predicate["verdict"], where, "approve", "reject", "request-changes")
		s.person = personIn(predicate["actor"], where)
	} else {
		predicate = members(value, where, passedMembers)
		for _, item := range list(predicate["decisions"], where, 1, biggest) {
			s.decisions = append(s.decisions, hex.EncodeToString(hexadecimal(item, where, 32)))
		}
	}
	gate := oneOf(predicate["gate"], where, "spec", "plan", "diff", "merge", "budget")
	s.request = text(predicate["request"], where)
	s.at = timeOf(predicate["at"], where)
	return fmt.Sprintf("request/%s/%s/%d", s.request, gate, integer(predicate["revision"], where, 0))
}

// personIn gives nothing where a policy decided.
func personIn(value any, where string) string {
	if actor, _ := value.(object); actor["kind"] == "person" {
		return text(members(value, where, []string{"kind", "id", "issuer", "subject"})["id"], where)
	}
	actor := members(value, where, []string{"kind", "id", "inputsSha256"})
	oneOf(actor["kind"], where, "policy", "gate-off")
	return ""
}
