//go:build unix

package pgtest

import (
	"os/exec"
	"syscall"
)

// runUnprivileged lets a command run as the user without rights.
func runUnprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: unprivileged, Gid: unprivileged}}
}
