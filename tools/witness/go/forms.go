package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

const biggest = 1<<53 - 1

// fault is the first thing that does not hold. It is a panic inside and an error outside: nothing goes on after one.
type fault struct{ code, where, what string }

func (f fault) Error() string { return fmt.Sprintf("%s at %s: %s", f.code, f.where, f.what) }

func fail(code, where, what string, args ...any) {
	panic(fault{code, where, fmt.Sprintf(what, args...)})
}

func refuse(where, what string, args ...any) { fail("MALFORMED", where, what, args...) }

type object = map[string]any

// parse reads JSON whose bytes are exactly its own RFC 8785 text.
func parse(data []byte, where string) any {
	again, err := jcs.Transform(data)
	if err != nil || !utf8.Valid(data) || !bytes.Equal(again, data) {
		fail("NOT_CANONICAL", where, "is not in its RFC 8785 form")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		fail("NOT_CANONICAL", where, "is no JSON: %v", err)
	}
	return value
}

// members gives the object, with all of required, perhaps some of optional, and nothing else.
func members(value any, where string, required []string, optional ...string) object {
	members, is := value.(object)
	if !is {
		refuse(where, "is not an object")
	}
	for _, name := range required {
		if _, is := members[name]; !is {
			refuse(where, "has no member %s", name)
		}
	}
	for name := range members {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			refuse(where, "has an unknown member %s", name)
		}
	}
	return members
}

func list(value any, where string, shortest, longest int) []any {
	items, is := value.([]any)
	if !is || len(items) < shortest || len(items) > longest {
		refuse(where, "is not a list of the right length")
	}
	return items
}

func text(value any, where string) string {
	found, is := value.(string)
	if !is || found == "" {
		refuse(where, "is not a text with content")
	}
	return found
}

func oneOf(value any, where string, choices ...string) string {
	found, is := value.(string)
	if !is || !slices.Contains(choices, found) {
		refuse(where, "is not one of %v", choices)
	}
	return found
}

func integer(value any, where string, least uint64) uint64 {
	number, _ := value.(json.Number)
	found, err := strconv.ParseUint(number.String(), 10, 64)
	if err != nil || found < least || found > biggest {
		refuse(where, "is not an integer from %d", least)
	}
	return found
}

var lowerHex = regexp.MustCompile(`^[0-9a-f]*$`)

func hexadecimal(value any, where string, size int) []byte {
	found, is := value.(string)
	if !is || len(found) != 2*size || !lowerHex.MatchString(found) {
		refuse(where, "is not %d bytes in lower-case hex", size)
	}
	data, _ := hex.DecodeString(found)
	return data
}

func hashes(value any, where string) [][]byte {
	var found [][]byte
	for _, item := range list(value, where, 0, 64) {
		found = append(found, hexadecimal(item, where, sha256.Size))
	}
	return found
}

const anySize = -1

// decoded gives the bytes of canonical base64: what decodes and encodes to the same text.
func decoded(value any, where string, size int) []byte {
	found, is := value.(string)
	data, err := base64.StdEncoding.DecodeString(found)
	if !is || err != nil || base64.StdEncoding.EncodeToString(data) != found {
		refuse(where, "is not canonical base64")
	}
	if size != anySize && len(data) != size {
		refuse(where, "is not %d bytes", size)
	}
	return data
}

const timeForm = "2006-01-02T15:04:05.000Z"

func timeOf(value any, where string) string {
	found, _ := value.(string)
	parsed, err := time.Parse(timeForm, found)
	if err != nil || parsed.Format(timeForm) != found {
		refuse(where, "is not a time in the form 2026-11-21T08:54:22.123Z")
	}
	return found
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
