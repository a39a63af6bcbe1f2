package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/gateway"
	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/guard"
)

// localAPI serves /_local/ for the stack.
type localAPI struct {
	stack  *local.Stack
	client string            // id of the app client, which the API's authorizer expects
	secret string            // signs the payment provider's webhook
	out    http.RoundTripper // to the API
	hosts  []string
}

// localRoute serves a path for one method; GET includes HEAD.
type localRoute struct {
	method string
	serve  http.HandlerFunc
}

func (l *localAPI) handler() http.Handler {
	routes := map[string]localRoute{
		"/_local/token":         {http.MethodPost, l.token},
		"/_local/notifications": {http.MethodGet, l.notifications},
		"/_local/mails":         {http.MethodGet, l.mails},
		"/_local/outage":        {http.MethodPut, l.outage},
		"/_local/confirmation":  {http.MethodPost, l.confirmation},
		"/_local/iam":           {http.MethodGet, l.iam},
	}
	return guard.Guard{Hosts: l.hosts}.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		page := r.URL.Path == client.MailboxPath || strings.HasPrefix(r.URL.Path, client.MailboxPath+"/")
		if err != nil || !guard.IsLoopback(host) || !page && r.Header.Get(client.LocalHeader) == "" {
			writeProblem(w, http.StatusForbidden, "Forbidden",
				"only requests from this machine with the header "+client.LocalHeader+" are served")
			return
		}
		route, ok := routes[r.URL.Path] // no http.ServeMux, which would redirect and refuse in plain text
		if page {
			route, ok = localRoute{http.MethodGet, l.mailbox}, true
		}
		if !ok {
			writeProblem(w, http.StatusNotFound, "NotFound", "there is no such resource")
			return
		}
		route.ServeHTTP(w, r)
	}), gateway.Refuse)
}

// ServeHTTP implements http.Handler.
func (l localRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowed := []string{l.method}
	if l.method == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	if !slices.Contains(allowed, r.Method) {
		allow := strings.Join(allowed, ", ")
		w.Header().Set("Allow", allow)
		writeProblem(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "the methods of "+r.URL.Path+" are "+allow)
		return
	}
	l.serve(w, r)
}

func (l *localAPI) token(w http.ResponseWriter, r *http.Request) {
	var in client.TokenRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil || in.Subject == "" {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest", "the body must be JSON with the member sub")
		return
	}
	seconds := 3600
	if in.ExpiresIn != nil {
		seconds = *in.ExpiresIn
	}
	if seconds < 1 || seconds > client.MaxTTL {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest",
			fmt.Sprintf("expiresIn must be a number of seconds from 1 to %d", client.MaxTTL))
		return
	}
	token, err := l.stack.Issuer().Mint(issuer.Claims{
		Subject: in.Subject, Scopes: in.Scopes, Groups: in.Groups, ClientID: l.client,
		TTL: time.Duration(seconds) * time.Second,
	})
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	writeBody(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": seconds})
}

func (l *localAPI) notifications(w http.ResponseWriter, r *http.Request) {
	out := []client.Notification{}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Has("after") {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest", "after is not a number")
		return
	}
	for _, topic := range []string{"notifications", "alerts"} {
		if t := r.URL.Query().Get("topic"); t != "" && t != topic {
			continue
		}
		published, err := l.stack.Published(StackName+"-"+topic, after, 1000)
		if e, ok := errors.AsType[*awsapi.Error](err); ok && e.Type == "NotFound" {
			writeProblem(w, http.StatusNotFound, "NotFound", "the topic "+StackName+"-"+topic+
				" does not exist: it was deleted")
			return
		}
		if err != nil {
			writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
			return
		}
		for _, p := range published {
			out = append(out, client.Notification{Sequence: p.Sequence, Topic: topic, At: p.At, Subject: p.Subject,
				Message: asJSON(p.Message)})
		}
	}
	writeBody(w, out)
}

// outage starts or ends the outage of the sandbox payment provider: {"lifted": bool}.
func (l *localAPI) outage(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Lifted *bool `json:"lifted"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil || in.Lifted == nil {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest", "the body must be JSON with the member lifted")
		return
	}
	if err := setOutage(r.Context(), l.stack, *in.Lifted); err != nil {
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// asJSON returns a message as it is if it is JSON, and as a JSON string otherwise.
func asJSON(s string) json.RawMessage {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		return json.RawMessage(`null`)
	}
	return b
}

func writeBody(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		panic(http.ErrAbortHandler)
	}
}

func writeProblem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(client.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: code, Detail: detail})
}
