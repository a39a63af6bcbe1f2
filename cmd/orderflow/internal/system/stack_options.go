package system

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/functions"
	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/statemachines"
)

// refuseStripe returns an error if a function in this process would charge with Stripe.
func (s *System) refuseStripe(o local.Options) error {
	for _, fn := range s.Stack.Functions() {
		if err := functions.RefuseStripe(fn.Env); err != nil && o.Bootstrap == "" {
			return fmt.Errorf("function %s: %w", fn.Handler, err)
		}
	}
	return nil
}

// reviewAbove is the limit of this machine, so that the examples show a review: 5,000.00 USD.
const reviewAbove = "USD:500000"

// The sender of this machine's mails, which stay in the mailbox.
const (
	mailDomain = "shop.example"
	mailFrom   = "Orderflow <orders@" + mailDomain + ">"
)

// StackOptions returns the options of the stack. params are the template's parameters that only the
// running system knows.
func StackOptions(o Options, params map[string]string) local.Options {
	params["PaymentGateway"], params["Carrier"] = "sandbox", "sandbox"
	params["CarrierDelayMilliseconds"] = strconv.FormatInt(o.CarrierDelay.Milliseconds(), 10)
	params["ReviewAbove"] = reviewAbove
	params["MailFrom"], params["MailIdentity"] = mailFrom, mailDomain
	maps.Copy(params, o.Parameters)
	return local.Options{
		Template: orderflow.Template, Definitions: statemachines.FS, StackName: StackName, Parameters: params,
		Dir: o.Dir, InMemory: o.Dir == "", Factory: factory(o.Log, o.Outgoing), Logger: o.Log,
		Output: &processLog{log: o.Log},
	}
}

// factory returns a factory of the handlers of template.yaml's functions, in this process. They log
// to the system's log, and to the function's own log in the lines of the deployed program.
func factory(log *slog.Logger, outgoing http.RoundTripper) local.Factory {
	if outgoing == nil {
		outgoing = http.DefaultTransport
	}
	return func(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
		getenv := func(name string) string { return fn.Env[name] }
		both := slog.New(slog.NewMultiHandler(log.Handler(), slog.NewJSONHandler(fn.Log, nil)))
		client := &http.Client{Timeout: outgoingTime, Transport: fn.Outlet.RoundTripper(outgoing)}
		return functions.New(fn.Handler, cfg, getenv, functions.Options{HTTPClient: client,
			Logger: both.With("function", fn.Handler)})
	}
}

// Explain returns what a system with these options runs, and what differs from AWS. It starts
// nothing.
func Explain(o Options) (*local.Explanation, error) {
	return local.Explain(StackOptions(o, map[string]string{
		// as long as a real secret: nothing is signed
		"PublicUrl": "http://" + o.Addr, "WebhookSecret": strings.Repeat("x", 26),
		"ConsoleSignIn": "token",
	}))
}
