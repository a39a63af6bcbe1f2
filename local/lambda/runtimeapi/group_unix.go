//go:build unix

package runtimeapi

import "syscall"

// ownGroup keeps a terminal's interrupt, which goes to all of the foreground's processes, from the
// program: it ends when its environment does.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
