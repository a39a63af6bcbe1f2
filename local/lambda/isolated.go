package lambda

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/lambda/runtimeapi"
)

// IsolatedOptions of Isolated.
type IsolatedOptions struct {
	Bootstrap string    // path of the program that is deployed
	Endpoint  string    // URL of the local stack's AWS API: AWS_ENDPOINT_URL
	Output    io.Writer // takes what the processes write; nil drops it
	Clock     clockwork.Clock
}

// Isolated makes Options.Factory: every execution environment is a process of the bootstrap program
// behind a Runtime API of its own, started with the environment variables that Lambda gives it, and
// none of this process. Its access key is the function's role, so that the role's policies decide.
func Isolated(o IsolatedOptions) func(Function) (Handler, error) {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.Output != nil {
		o.Output = &lockedWriter{w: o.Output}
	}
	return func(fn Function) (Handler, error) {
		e, err := runtimeapi.Start(runtimeapi.Config{
			Path: o.Bootstrap, Dir: filepath.Dir(o.Bootstrap), Env: environ(fn, o), Output: tee(o.Output, fn.Log), MaxResponse: MaxResponse,
			Clock: o.Clock, Outlet: fn.Outlet,
		})
		if err != nil {
			return nil, err
		}
		return e, nil
	}
}

// tee writes to the writers that are not nil; it is nil if there is none.
func tee(writers ...io.Writer) io.Writer {
	writers = slices.DeleteFunc(writers, func(w io.Writer) bool { return w == nil })
	if len(writers) == 0 {
		return nil
	}
	return io.MultiWriter(writers...)
}

// environ lists the variables of "Defined runtime environment variables" after the function's own,
// which cannot replace them.
func environ(fn Function, o IsolatedOptions) []string {
	env := make([]string, 0, len(fn.Env)+20)
	for name, value := range fn.Env {
		env = append(env, name+"="+value)
	}
	root := filepath.Dir(o.Bootstrap)
	return append(env,
		"PATH="+os.Getenv("PATH"), "TZ=:UTC", "LANG=en_US.UTF-8", "LAMBDA_TASK_ROOT="+root, "LAMBDA_RUNTIME_DIR="+root,
		"_HANDLER="+fn.Handler, "AWS_REGION="+awsapi.Region, "AWS_DEFAULT_REGION="+awsapi.Region, "AWS_ENDPOINT_URL="+o.Endpoint,
		"AWS_ACCESS_KEY_ID="+accessKey(fn.RoleName), "AWS_SECRET_ACCESS_KEY=local", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_LAMBDA_FUNCTION_NAME="+fn.Name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(fn.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+fn.Name, "AWS_LAMBDA_LOG_STREAM_NAME=local",
	)
}

// accessKey must not be empty: the SDK would look for other credentials.
func accessKey(role string) string {
	if role = strings.TrimSpace(role); role != "" {
		return role
	}
	return "none"
}

// lockedWriter lets processes share a writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
