package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

func (*versionCommand) Help() string { return "Example:\n  orderflow version" }

func (*versionCommand) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, version())
	return err
}

// version returns the version of this program: the module's version, which the Go tool derives from
// the commit if there is no tag.
func version() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("orderflow %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
