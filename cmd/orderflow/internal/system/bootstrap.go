package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Isolation selects how the functions run: as processes of the deployed program, or in this
// process.
type Isolation struct {
	Isolated  bool
	Bootstrap string // the program; "" builds it
}

// Program returns the path of the program that the functions run as; "" means handlers in this
// process. clean removes a program that was built.
func (i Isolation) Program(ctx context.Context) (file string, clean func() error, err error) {
	none := func() error { return nil }
	if !i.Isolated && i.Bootstrap == "" {
		return "", none, nil
	}
	if i.Bootstrap != "" {
		file, err = filepath.Abs(i.Bootstrap)
		return file, none, err
	}
	dir, err := os.MkdirTemp("", "orderflow-bootstrap-")
	if err != nil {
		return "", none, err
	}
	clean = func() error { return os.RemoveAll(dir) }
	if file, err = buildBootstrap(ctx, dir); err != nil {
		return "", none, errors.Join(err, clean())
	}
	return file, clean, nil
}

// buildBootstrap builds cmd/lambda for this machine, with the other options of a build for AWS.
func buildBootstrap(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-ldflags=-s -w",
		"-o", file, "github.com/orderflow-dev/orderflow/cmd/lambda")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the bootstrap: %w (run this in the project's folder with Go installed, or set --bootstrap)\n%s", err, out)
	}
	return file, nil
}
