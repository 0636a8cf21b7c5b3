// Verifies Countersign bundles with golang.org/x/mod/sumdb/note, github.com/transparency-dev/merkle and
// github.com/gowebpki/jcs instead of Countersign's verifier: docs/verify.md.
//
// Exit codes: 0 every bundle holds under the root, 8 one does not, 2 the command is not right.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

const usage = "usage: verify-bundle <bundle>... --root <public key file> [--checkpoint <file>]"

// readRoot gives the raw key in a PEM file or in one line of base64.
func readRoot(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(data); block != nil {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if key, is := parsed.(ed25519.PublicKey); is {
			return key, nil
		}
		return nil, errors.Join(errors.New("the root is not an Ed25519 key"), err)
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(data)))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("the root is neither PEM nor 32 bytes in one line of base64")
	}
	return key, nil
}

// arguments lets options come after the bundles, which the flag package does not.
func arguments(args []string) (bundles []string, root, checkpoint string, err error) {
	flags := flag.NewFlagSet("verify-bundle", flag.ContinueOnError)
	flags.SetOutput(&strings.Builder{})
	flags.StringVar(&root, "root", "", "")
	flags.StringVar(&checkpoint, "checkpoint", "", "")
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, "", "", err
		}
		if args = flags.Args(); len(args) > 0 {
			bundles, args = append(bundles, args[0]), args[1:]
		}
	}
	if len(bundles) == 0 || root == "" {
		return nil, "", "", errors.New("bundle or --root is missing")
	}
	return bundles, root, checkpoint, nil
}

func run() (int, error) {
	bundles, rootFile, checkpointFile, err := arguments(os.Args[1:])
	if err != nil {
		return 2, fmt.Errorf("%w\n%s", err, usage)
	}
	root, err := readRoot(rootFile)
	if err != nil {
		return 2, err
	}
	var given *string
	if checkpointFile != "" {
		data, err := os.ReadFile(checkpointFile)
		if err != nil {
			return 2, err
		}
		kept := string(data)
		given = &kept
	}
	code := 0
	for _, path := range bundles {
		data, err := os.ReadFile(path)
		if err != nil {
			return 2, err
		}
		if erased, err := verify(data, root, given); err != nil {
			fmt.Printf("%s: does not hold: %v\n", path, err)
			code = 8
		} else {
			fmt.Printf("%s: holds, %d payloads erased\n", path, erased)
		}
	}
	return code, nil
}

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
