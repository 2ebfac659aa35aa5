//go:build !unix

package pgtest

import "os/exec"

// runUnprivileged does nothing: there is no root, as which PostgreSQL refuses to run.
func runUnprivileged(*exec.Cmd) {}
