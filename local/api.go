package local

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/gateway"
	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/template"
)

// createAPIs makes an issuer for each user pool and a gateway for each HTTP API.
func (s *Stack) createAPIs(context.Context) error {
	for _, p := range s.template.UserPools {
		var clients []string
		for _, c := range s.template.UserPoolClients {
			if c.UserPool == p.ID {
				clients = append(clients, c.ID)
			}
		}
		i, err := issuer.New(s.store, s.clock, issuer.Options{URL: p.Issuer, Clients: clients})
		if err != nil {
			return fmt.Errorf("user pool %s: %w", p.LogicalID, err)
		}
		s.issuers = append(s.issuers, i)
	}
	for _, a := range s.template.APIs {
		g, err := s.newGateway(a)
		if err != nil {
			return fmt.Errorf("HTTP API %s: %w", a.LogicalID, err)
		}
		s.apis = append(s.apis, api{id: a.ID, handler: g})
	}
	return nil
}

// api is one HTTP API.
type api struct {
	id      string
	handler http.Handler
}

func (s *Stack) newGateway(a template.HTTPAPI) (*gateway.Gateway, error) {
	cfg := gateway.Config{ID: a.ID, Stage: a.Stage, Throttle: throttle(a.Throttle), Invoke: s.invokeRoute,
		Clock: s.clock, Logger: s.log, AccessLog: s.opt.AccessLog, CORS: cors(a.CORS),
		Authorizers: map[string]*gateway.Authorizer{}}
	for _, j := range a.Authorizers {
		keys := s.issuerOf(j.Issuer)
		if keys == nil {
			return nil, fmt.Errorf("authorizer %s: %s is no user pool of the template", j.Name, j.Issuer)
		}
		cfg.Authorizers[j.Name] = &gateway.Authorizer{Issuer: j.Issuer, Audience: j.Audience,
			IdentitySource: j.IdentitySource,
			Keys:           gateway.JWKS(keys.JWKS, s.clock)}
	}
	for _, r := range a.Routes {
		if err := s.mayInvoke(a, r); err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Key, err)
		}
		cfg.Routes = append(cfg.Routes, gateway.Route{Key: r.Key, Function: r.Function, Authorizer: r.Authorizer,
			Scopes:   r.Scopes,
			Throttle: throttle(r.Throttle), Timeout: r.Timeout})
	}
	return gateway.New(cfg)
}

func throttle(t template.Throttle) gateway.Throttle {
	return gateway.Throttle{Rate: t.Rate, Burst: t.Burst}
}

func (s *Stack) issuerOf(url string) *issuer.Issuer {
	for _, i := range s.issuers {
		if i.URL() == url {
			return i
		}
	}
	return nil
}

// mayInvoke refuses a route whose function does not allow API Gateway to invoke it: on AWS every
// request to that route fails.
func (s *Stack) mayInvoke(a template.HTTPAPI, r template.Route) error {
	method, path, _ := strings.Cut(r.Key, " ")
	source := awsapi.ARN("execute-api", a.ID+"/"+a.Stage+"/"+method+path)
	return s.iam.Authorize(iam.Service("apigateway.amazonaws.com", source),
		awsapi.Grant{Action: "lambda:InvokeFunction", Resource: lambda.ARN(r.Function)})
}

// invokeRoute calls a function for the gateway.
func (s *Stack) invokeRoute(ctx context.Context, function string, event []byte) (reply []byte, failed bool, err error) {
	r, err := s.lambda.Invoke(ctx, function, event)
	switch {
	case awsapi.IsType(err, "RequestTooLargeException"):
		return nil, false, gateway.ErrTooLarge
	case awsapi.IsType(err, "TooManyRequestsException"):
		return nil, false, gateway.ErrThrottled
	case err != nil:
		return nil, false, err
	}
	return r.Payload, r.FunctionError != "", nil
}

// APIHandler serves the stack's HTTP APIs. If there are several, the one whose id begins the
// request's host answers, and without a match the first.
func (s *Stack) APIHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(s.apis) == 0 {
			http.NotFound(w, r)
			return
		}
		chosen := s.apis[0]
		for _, a := range s.apis {
			if strings.HasPrefix(r.Host, a.id+".") {
				chosen = a
			}
		}
		chosen.handler.ServeHTTP(w, r)
	})
}

// Guarded wraps next, which is or contains APIHandler. It serves requests to loopback's names and
// to hosts only, and of web pages only those of its own origin and of the origins that the
// template's CORS configuration allows.
func (s *Stack) Guarded(next http.Handler, hosts ...string) http.Handler {
	return guard.Guard{Hosts: hosts, Origins: s.allowsOrigin, Pages: true}.Handler(next, gateway.Refuse)
}

// allowsOrigin reports whether pages of an origin may call one of the stack's APIs.
func (s *Stack) allowsOrigin(origin string) bool {
	return slices.ContainsFunc(s.template.APIs, func(a template.HTTPAPI) bool { return cors(a.CORS).Allows(origin) })
}

// cors is nil for an API without a CORS configuration.
func cors(c *template.CORS) *gateway.CORS {
	if c == nil {
		return nil
	}
	return &gateway.CORS{Origins: c.Origins, Methods: c.Methods, Headers: c.Headers, Expose: c.Expose,
		MaxAge: c.MaxAge, Credentials: c.Credentials}
}

// Issuer is the issuer of the template's first user pool. It mints the tokens that the API's
// authorizer accepts. Nil if there is no user pool.
func (s *Stack) Issuer() *issuer.Issuer {
	if len(s.issuers) == 0 {
		return nil
	}
	return s.issuers[0]
}

// ClientID is the id of the app client with a logical id of the template, as an authorizer's
// audience lists it. Empty if there is none.
func (s *Stack) ClientID(logicalID string) string {
	for _, c := range s.template.UserPoolClients {
		if c.LogicalID == logicalID {
			return c.ID
		}
	}
	return ""
}
