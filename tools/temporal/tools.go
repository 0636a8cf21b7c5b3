//go:build tools

// Package tools pins the Temporal CLI. The CLI's own module has a replace line, so `go install` refuses it; the same
// replace in a module of ours is honoured.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
