package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const keyListType = "application/vnd.countersign.keys+json"

// keyID is the RFC 7638 thumbprint.
func keyID(public []byte) string {
	jwk := fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, base64.RawURLEncoding.EncodeToString(public))
	sum := sha256.Sum256([]byte(jwk))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// envelope is a DSSE envelope: its own RFC 8785 form, exactly one signature.
type envelope struct {
	where, payloadType, keyid string
	payload, signature        []byte
}

func openEnvelope(data []byte, where string) envelope {
	value := members(parse(data, where), where, []string{"payload", "payloadType", "signatures"})
	signature := members(list(value["signatures"], where, 1, 1)[0], where, []string{"keyid", "sig"})
	return envelope{
		where:       where,
		payloadType: text(value["payloadType"], where),
		keyid:       text(signature["keyid"], where),
		payload:     decoded(value["payload"], where, anySize),
		signature:   decoded(signature["sig"], where, ed25519.SignatureSize),
	}
}

func (e envelope) check(public []byte) {
	encoded := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.payloadType), e.payloadType, len(e.payload), e.payload)
	if !ed25519.Verify(public, encoded, e.signature) {
		fail("SIGNATURE_INVALID", e.where, "does not have the signature of the key that it names")
	}
}

// revocation has good sizes where the key was compromised, and none where it was superseded.
type revocation struct {
	from string
	good map[string]uint64
}

type listedKey struct {
	id, purpose, from, to string
	public                []byte
	revoked               *revocation
}

type keyList struct {
	number uint64
	keys   []listedKey
}

func readRevocation(value any, where string) *revocation {
	if value == nil {
		return nil
	}
	if reason, _ := value.(object); reason["reason"] == "superseded" {
		return &revocation{from: timeOf(members(value, where, []string{"from", "reason"})["from"], where)}
	}
	revoked := members(value, where, []string{"from", "reason", "good"})
	oneOf(revoked["reason"], where, "compromised")
	sizes, is := revoked["good"].(object)
	if !is {
		refuse(where, "names no good sizes")
	}
	good := map[string]uint64{}
	for origin, size := range sizes {
		good[origin] = integer(size, where, 0)
	}
	return &revocation{timeOf(revoked["from"], where), good}
}

func readKey(value any, where string) listedKey {
	key := members(value, where, []string{"id", "purpose", "public", "from", "to", "revoked"})
	found := listedKey{
		id:      text(key["id"], where),
		purpose: oneOf(key["purpose"], where, "decision", "log"),
		public:  decoded(key["public"], where, ed25519.PublicKeySize),
		from:    timeOf(key["from"], where),
		revoked: readRevocation(key["revoked"], where),
	}
	if key["to"] != nil {
		found.to = timeOf(key["to"], where)
	}
	if found.id != keyID(found.public) {
		refuse(where, "has another thumbprint than its id")
	}
	return found
}

// readKeyList reads a key list that the given root signed.
func readKeyList(data, root []byte, where string) keyList {
	opened := openEnvelope(data, where)
	if opened.keyid != keyID(root) {
		fail("ROOT_MISMATCH", where, "is signed by %s, which is not the pinned root key", opened.keyid)
	}
	opened.check(root)
	if opened.payloadType != keyListType {
		refuse(where, "is no key list")
	}
	value := members(parse(opened.payload, where), where, []string{"v", "number", "at", "root", "keys"})
	if integer(value["v"], where, 0) != 1 {
		refuse(where, "is of another version")
	}
	timeOf(value["at"], where)
	found := keyList{number: integer(value["number"], where, 1)}
	for place, item := range list(value["keys"], where, 0, biggest) {
		key := readKey(item, fmt.Sprintf("%s.keys[%d]", where, place))
		if found.key(key.id) != nil {
			refuse(where, "has a key twice")
		}
		found.keys = append(found.keys, key)
	}
	if !bytes.Equal(decoded(value["root"], where, ed25519.PublicKeySize), root) {
		fail("ROOT_MISMATCH", where, "names another root key than the pinned one")
	}
	return found
}

func (l keyList) key(id string) *listedKey {
	for index := range l.keys {
		if l.keys[index].id == id {
			return &l.keys[index]
		}
	}
	return nil
}

// follows says whether the number is higher, no key gone or changed, no revocation taken back.
func (l keyList) follows(earlier keyList) bool {
	for _, before := range earlier.keys {
		after := l.key(before.id)
		if after == nil || after.purpose != before.purpose || after.from != before.from {
			return false
		}
		if before.revoked != nil && (after.revoked == nil || (before.revoked.good != nil && after.revoked.good == nil)) {
			return false
		}
	}
	return l.number > earlier.number
}

// use is one signature by a key: a checkpoint states no time.
type use struct {
	purpose, origin, at string
	index               int64
}

func (k listedKey) judge(where string, u use) {
	revoked := k.revoked
	if k.purpose != u.purpose {
		fail("KEY_PURPOSE", where, "is signed by %s, which is listed for another purpose", k.id)
	}
	if revoked != nil && revoked.good != nil {
		if size, is := revoked.good[u.origin]; !is || u.index >= int64(size) {
			fail("KEY_REVOKED", where, "is signed by %s, which is compromised and not good here", k.id)
		}
		return
	}
	isOver := (k.to != "" && u.at >= k.to) || (revoked != nil && u.at >= revoked.from)
	if u.at != "" && (u.at < k.from || isOver) {
		fail("KEY_NOT_VALID_THEN", where, "is signed by %s, which was not valid at %s", k.id, u.at)
	}
}

type checkpoint struct {
	origin, tenant string
	size           uint64
	root           []byte
}

var (
	origin = regexp.MustCompile(`^[!-*,-~]+/log/([!-*,-.0-~]+)/[1-9][0-9]*$`)
	body   = regexp.MustCompile(`^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n$`)
)

// readCheckpoint opens a note of three lines with exactly one signature, by a listed log key that counts.
func readCheckpoint(data string, keys keyList, where string) checkpoint {
	name, _, _ := strings.Cut(data, "\n")
	named := origin.FindStringSubmatch(name)
	if named == nil {
		refuse(where, "is not in the name of a log")
	}
	// The note's own package looks for the key, by name and key hash, and checks the signature.
	var verifiers []note.Verifier
	signers := map[uint32]listedKey{}
	for _, key := range keys.keys {
		line, err := note.NewEd25519VerifierKey(name, key.public)
		if err != nil {
			refuse(where, "cannot be signed by %s: %v", key.id, err)
		}
		verifier, err := note.NewVerifier(line)
		if err != nil {
			refuse(where, "cannot be signed by %s: %v", key.id, err)
		}
		verifiers = append(verifiers, verifier)
		signers[verifier.KeyHash()] = key
	}
	opened, err := note.Open([]byte(data), note.VerifierList(verifiers...))
	switch err := err.(type) {
	case nil:
	case *note.UnverifiedNoteError:
		fail("KEY_UNKNOWN", where, "%v", err)
	case *note.InvalidSignatureError:
		fail("SIGNATURE_INVALID", where, "%v", err)
	default:
		refuse(where, "%v", err)
	}
	lines := body.FindStringSubmatch(opened.Text)
	// A note may have more signatures, some of them unknown or twice; a checkpoint has one line and no more.
	signature := opened.Sigs[0]
	if lines == nil || data != fmt.Sprintf("%s\n— %s %s\n", opened.Text, signature.Name, signature.Base64) {
		refuse(where, "is not a checkpoint with exactly one signature line")
	}
	decoded(signature.Base64, where, 4+ed25519.SignatureSize)
	size := integer(json.Number(lines[2]), where, 0)
	signers[signature.Hash].judge(where, use{purpose: "log", origin: name, index: int64(size) - 1})
	return checkpoint{name, named[1], size, decoded(lines[3], where, sha256.Size)}
}
