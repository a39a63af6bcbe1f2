package runtimeapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/orderflow-dev/orderflow/local/guard"
)

// handler is the Runtime API of "Using the Lambda runtime API for custom runtimes" in the developer
// guide, for programs alone.
func (e *Environment) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.respond)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.fail)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.failInit)
	return guard.Guard{}.Handler(mux, refuse)
}

// next says that the process is idle and waits for a request.
func (e *Environment) next(w http.ResponseWriter, r *http.Request) {
	select {
	case e.idle <- struct{}{}:
	default: // asked twice: it is idle already
	}
	select {
	case req := <-e.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", req.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(req.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", req.arn)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		_, _ = w.Write(req.payload) // a process that has gone is seen by its exit
	case <-e.exited:
	case <-r.Context().Done():
	}
}

func (e *Environment) respond(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.cfg.MaxResponse))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", e.cfg.MaxResponse)
		if e.finish(w, r, result{failure("Function.ResponseSizeTooLarge", message, false).Body, true}) {
			reply(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", message)
		}
		return
	}
	if err != nil {
		reply(w, http.StatusBadRequest, "InvalidBody", err.Error())
		return
	}
	out := result{payload: body}
	if typ := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); typ != "" { // the reply broke off
		out.failed = true
		if out.payload, err = base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body")); err != nil || len(out.payload) == 0 {
			out.payload = failure(typ, "the reply broke off", false).Body
		}
	}
	if e.finish(w, r, out) {
		reply(w, http.StatusAccepted, "", "")
	}
}

func (e *Environment) fail(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.cfg.MaxResponse))
	if err != nil {
		reply(w, http.StatusBadRequest, "InvalidBody", err.Error())
		return
	}
	if e.finish(w, r, result{body, true}) {
		reply(w, http.StatusAccepted, "", "")
	}
}

// finish hands the outcome to the waiting Invoke; false if the request is not the one that the
// process has, which it answers.
func (e *Environment) finish(w http.ResponseWriter, r *http.Request, out result) bool {
	e.mu.Lock()
	req := e.current
	if req == nil || req.id != r.PathValue("id") {
		e.mu.Unlock()
		reply(w, http.StatusForbidden, "InvalidRequestID", "the process has no request "+r.PathValue("id"))
		return false
	}
	e.current = nil
	e.mu.Unlock()
	req.done <- out
	return true
}

func (e *Environment) failInit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.cfg.MaxResponse))
	if err != nil {
		reply(w, http.StatusBadRequest, "InvalidBody", err.Error())
		return
	}
	e.mu.Lock()
	e.initErr = body
	e.mu.Unlock()
	reply(w, http.StatusAccepted, "", "")
}

// refuse answers clients that are not programs of this machine.
func refuse(w http.ResponseWriter, _ *http.Request, why error) {
	reply(w, http.StatusForbidden, "Forbidden", why.Error())
}

// reply answers {"status":"OK"}, or an error of the Runtime API.
func reply(w http.ResponseWriter, status int, typ, message string) {
	members := map[string]string{"status": "OK"}
	if typ != "" {
		members = map[string]string{"errorType": typ, "errorMessage": message}
	}
	body, err := json.Marshal(members)
	if err != nil { // strings always marshal
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
