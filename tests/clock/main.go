// Command clock moves the clock of Go programs, so that a test that passes on the day of its writing alone is found before that day is over.
//
//	go run ./tests/clock overlay --to 2048-02-28T23:55:00Z DIR
//
// writes to DIR a copy of the standard library's time package whose Now is moved to that instant, and prints the path of the file
// for the -overlay flag of go build and go test. The clock runs on from there; programs that are built with the same flag agree on it.
// Bubbles of testing/synctest keep their own time.
//
//	go run ./tests/clock now
//
// prints the time as the program sees it.
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

// synctestEpoch is long after the time that the bubbles of testing/synctest begin with (2000-01-01) and long before any clock.
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

// write stores the moved source and the overlay that puts it in the original's place.
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
