package main

import (
	"fmt"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// entry is at its place in the log; its statement is known once its payload was read.
type entry struct {
	index         uint64
	where, kind   string
	says          object
	data, payload []byte
	isErased      bool
	proof         [][]byte
	statement     *statement
}

// bundle has the right form and nothing more.
type bundle struct {
	keys     []any
	head     string
	earlier  *string
	proof    [][]byte
	entries  []*entry
	subjects []any
}

func readBundle(data []byte) bundle {
	value := members(parse(data, "bundle"), "bundle", []string{"type", "keys", "checkpoint", "consistency", "entries", "subjects"})
	oneOf(value["type"], "bundle.type", "https://countersign.dev/bundle/v1")
	found := bundle{
		keys:     list(value["keys"], "bundle.keys", 1, biggest),
		head:     text(value["checkpoint"], "bundle.checkpoint"),
		subjects: list(value["subjects"], "bundle.subjects", 0, biggest),
	}
	for _, key := range found.keys {
		text(key, "bundle.keys")
	}
	if value["consistency"] != nil {
		shown := members(value["consistency"], "bundle.consistency", []string{"checkpoint", "proof"})
		earlier := text(shown["checkpoint"], "bundle.consistency.checkpoint")
		found.earlier, found.proof = &earlier, hashes(shown["proof"], "bundle.consistency.proof")
	}
	for place, item := range list(value["entries"], "bundle.entries", 1, biggest) {
		next := readEntry(item, fmt.Sprintf("bundle.entries[%d]", place))
		if place > 0 && next.index <= found.entries[place-1].index {
			refuse(fmt.Sprintf("bundle.entries[%d]", place), "is not in ascending order of its index")
		}
		found.entries = append(found.entries, next)
	}
	for _, subject := range found.subjects {
		decoded(subject, "bundle.subjects", anySize)
	}
	return found
}

func readEntry(item any, where string) *entry {
	value := members(item, where, []string{"index", "entry", "payload", "proof"})
	found := &entry{
		index:    integer(value["index"], where, 0),
		data:     decoded(value["entry"], where, anySize),
		isErased: value["payload"] == nil,
		proof:    hashes(value["proof"], where),
	}
	if !found.isErased {
		found.payload = decoded(value["payload"], where, anySize)
	}
	found.where = fmt.Sprintf("entry %d", found.index)
	return found
}

func judgeKeys(texts []any, root []byte) keyList {
	var lists []keyList
	for place, one := range texts {
		lists = append(lists, readKeyList([]byte(one.(string)), root, fmt.Sprintf("keys[%d]", place)))
	}
	for place, later := range lists[1:] {
		if earlier := lists[place]; !later.follows(earlier) {
			fail("KEY_LIST_BROKEN", "keys", "list %d does not follow from list %d", later.number, earlier.number)
		}
	}
	return lists[len(lists)-1]
}

func judgeConsistency(b bundle, head checkpoint, keys keyList, given *string) {
	if b.earlier != nil {
		earlier := readCheckpoint(*b.earlier, keys, "consistency.checkpoint")
		err := proof.VerifyConsistency(rfc6962.DefaultHasher, earlier.size, head.size, b.proof, earlier.root, head.root)
		// The package holds every log to continue an empty one, whatever its root.
		if err != nil || earlier.size == 0 || earlier.origin != head.origin {
			fail("LOG_INCONSISTENT", "consistency", "the log does not continue the earlier checkpoint: %v", err)
		}
	}
	if given != nil && *given != b.head && (b.earlier == nil || *given != *b.earlier) {
		fail("EARLIER_CHECKPOINT_MISSING", "consistency", "the given checkpoint is not in the bundle")
	}
}

func (e *entry) judgePlace(head checkpoint) {
	e.says = members(parse(e.data, e.where), e.where, []string{"v", "tenant", "type", "at", "payload"}, "actor", "request", "subject")
	if integer(e.says["v"], e.where, 0) != 1 {
		refuse(e.where, "is of another version")
	}
	timeOf(e.says["at"], e.where)
	hexadecimal(e.says["payload"], e.where, 32)
	e.kind = text(e.says["type"], e.where)
	for _, name := range []string{"tenant", "actor", "request", "subject"} {
		if said, is := e.says[name]; is {
			text(said, e.where)
		}
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, e.index, head.size, rfc6962.DefaultHasher.HashLeaf(e.data), e.proof, head.root); err != nil {
		fail("ENTRY_NOT_IN_LOG", e.where, "is not in the log that the checkpoint states: %v", err)
	}
	if e.says["tenant"] != head.tenant {
		fail("TENANT_MISMATCH", e.where, "belongs to another tenant than the log")
	}
}

func (e *entry) judgeHash() {
	if !e.isErased && hashOf(e.payload) != e.says["payload"] {
		fail("PAYLOAD_MISMATCH", e.where, "has another payload than the one that was logged")
	}
}

func (e *entry) judgePayload(root []byte, keys keyList, head checkpoint) {
	switch {
	case e.isErased:
	case e.kind == "decision" || e.kind == "gate-passed":
		e.statement = readStatement(e.payload, keys, head, e.index, e.where)
		e.judgeAgreement()
	case e.kind == "keys":
		if readKeyList(e.payload, root, e.where).number > keys.number {
			fail("KEY_LIST_OLD", e.where, "holds a newer key list than the bundle shows")
		}
	default:
		salted, _ := parse(e.payload, e.where).(object)
		hexadecimal(salted["salt"], e.where+".salt", 16)
	}
}

func (e *entry) judgeAgreement() {
	stated := e.statement
	actor, _ := e.says["actor"].(string)
	if e.kind != stated.kind || e.says["at"] != stated.at || e.says["request"] != stated.request || e.says["subject"] != stated.name || actor != stated.person {
		fail("STATEMENT_MISMATCH", e.where, "says something else than the statement that it holds")
	}
}

func judgeGates(entries []*entry) {
	decisions := map[any]*entry{}
	for _, one := range entries {
		if one.kind == "decision" {
			decisions[one.says["payload"]] = one
		}
	}
	for _, one := range entries {
		if one.statement == nil {
			continue
		}
		gate := one.statement
		for _, hash := range gate.decisions {
			if found := decisions[hash]; found == nil || !found.founds(gate) {
				fail("GATE_NOT_FOUNDED", one.where, "names a decision that is no approval of the same content here")
			}
		}
	}
}

func (e *entry) founds(gate *statement) bool {
	if e.isErased {
		// That it was about this content is all that can be said.
		return e.says["subject"] == gate.name
	}
	its := e.statement
	return its.verdict == "approve" && its.name == gate.name && its.digest == gate.digest
}

func judgeSubjects(subjects []any, entries []*entry) {
	stated := map[string]string{}
	for _, one := range entries {
		if one.statement != nil {
			stated[one.statement.digest] = one.where
		}
	}
	before := ""
	for place, subject := range subjects {
		where := fmt.Sprintf("subjects[%d]", place)
		document := decoded(subject, where, anySize)
		digest := hashOf(document)
		if digest <= before {
			refuse(where, "is not in ascending order of its digest")
		}
		if _, is := stated[digest]; !is {
			fail("SUBJECT_UNKNOWN", where, "is the subject of no statement here")
		}
		before = digest
		delete(stated, digest)
		parse(document, where)
	}
	for digest, where := range stated {
		fail("SUBJECT_MISSING", where, "the document with digest %s is missing", digest)
	}
}

// verify gives the number of erased payloads, or the first fault.
func verify(data, root []byte, given *string) (erased int, err error) {
	defer func() {
		switch stopped := recover().(type) {
		case nil:
		case fault:
			err = stopped
		default:
			// The verifier itself failed: that never counts as holding.
			err = fault{"INTERNAL", "bundle", fmt.Sprint(stopped)}
		}
	}()
	b := readBundle(data)
	keys := judgeKeys(b.keys, root)
	head := readCheckpoint(b.head, keys, "checkpoint")
	judgeConsistency(b, head, keys, given)
	for _, one := range b.entries {
		one.judgePlace(head)
	}
	for _, one := range b.entries {
		one.judgeHash()
	}
	for _, one := range b.entries {
		one.judgePayload(root, keys, head)
		if one.isErased {
			erased++
		}
	}
	judgeGates(b.entries)
	judgeSubjects(b.subjects, b.entries)
	return erased, nil
}
