// Command clock moves the clock of Go programs. It finds tests that pass only on the day on which
// they were written.
//
//	go run ./tests/clock overlay --to 2048-02-28T23:55:00Z DIR
//
// writes to DIR a copy of the standard library's time package whose Now starts at that instant, and
// prints the path of the file for the -overlay flag of go build and go test. Programs that are
// built with the same flag agree on the time. Bubbles of testing/synctest keep their own time.
//
//	go run ./tests/clock now
//
// prints the program's time.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "clock:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "now":
		fmt.Println(time.Now().Format(time.RFC3339))
		return nil
	case len(args) > 1 && args[0] == "overlay":
		return overlay(args[1:])
	}
	return fmt.Errorf("usage: clock now | clock overlay --to TIME DIR")
}

func overlay(args []string) error {
	flags := flag.NewFlagSet("overlay", flag.ContinueOnError)
	to := flags.String("to", "", "the instant that Now is moved to, as RFC 3339 has it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *to)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(flags.Arg(0))
	if err != nil {
		return err
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find the standard library: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time", "time.go")
	moved, err := move(original, time.Until(at))
	if err != nil {
		return err
	}
	path, err := write(dir, original, moved)
	if err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// synctestEpoch is long after the start of testing/synctest's bubbles (2000-01-01) and long before
// any real clock.
const synctestEpoch = "1_000_000_000"

// move returns the source of package time with Now moved by d.
func move(original string, d time.Duration) ([]byte, error) {
	source, err := os.ReadFile(original)
	if err != nil {
		return nil, err
	}
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(source), now) != 1 {
		return nil, fmt.Errorf("%s does not read the clock as expected", original)
	}
	shift := fmt.Sprintf("\tif sec > %s {\n\t\tsec += %d\n\t}\n", synctestEpoch, int64(d/time.Second))
	return []byte(strings.Replace(string(source), now, now+shift, 1)), nil
}

// write stores the moved source, and the overlay that replaces the original with it.
func write(dir, original string, moved []byte) (string, error) {
	source, path := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: source}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(source, moved, 0o600); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o600)
}
