package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// bootstrapOnce builds the deployed program, for this machine.
var bootstrapOnce = sync.OnceValues(func() (string, error) {
	bin, err := buildOnce()
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(bin), "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-ldflags=-s -w", "-o", file,
		"github.com/orderflow-dev/orderflow/cmd/lambda")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// bootstrap returns the path of the deployed program, built once.
func bootstrap(t *testing.T) string {
	t.Helper()
	file, err := bootstrapOnce()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// inEachMode runs a test twice: with the functions' handlers in the system's process, and with each
// function as processes of the deployed program. args are for up.
func inEachMode(t *testing.T, test func(t *testing.T, args ...string)) {
	t.Parallel()
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		test(t)
	})
	t.Run("isolated", func(t *testing.T) {
		t.Parallel()
		test(t, "--isolated", "--bootstrap", bootstrap(t))
	})
}
