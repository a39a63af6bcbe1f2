//go:build !unix

package runtimeapi

import "syscall"

func ownGroup() *syscall.SysProcAttr { return nil }
