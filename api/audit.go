package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/orderflow-dev/orderflow"
)

// Audit keeps the operators' acts.
type Audit interface {
	// SaveAct saves an act, or its outcome.
	SaveAct(ctx context.Context, act *orderflow.Act) error
	// ListActs lists acts, newest first. after and next are as in OrderLists.
	ListActs(ctx context.Context, after string, limit int) (acts []orderflow.Act, next string, err error)
}

// operators is the group whose changes are audited.
const operators = "operators"

// audited serves an operator's request and keeps it in the audit log if it changes something: before it
// is carried out, and with its outcome. A request that cannot be kept is not carried out.
func (s *server) audited(r *request) (*reply, error) {
	if r.route.group != operators || r.route.method == http.MethodGet {
		return r.route.serve(s, r)
	}
	var body struct {
		Reason string `json:"reason"`
		DryRun bool   `json:"dryRun"`
	}
	if json.Unmarshal(r.body, &body) == nil && body.DryRun {
		return r.route.serve(s, r)
	}
	act, err := s.NewAct(s.now())
	if err != nil {
		return nil, err
	}
	act.Actor, act.Operation, act.Path = "operator:"+r.caller.Subject, r.route.operation, r.URL.Path
	act.Reason = beginning(body.Reason)
	if err := s.Audit.SaveAct(r.Context(), act); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	answer, err := r.route.serve(s, r)
	act.Outcome = orderflow.ActDone
	if err != nil {
		act.Outcome = refusalOf(err).code
	} else if answer.status == http.StatusCreated && answer.header.Get("Location") != "" {
		act.Path = answer.header.Get("Location") // what was made
	}
	if err := s.Audit.SaveAct(context.WithoutCancel(r.Context()), act); err != nil {
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "the outcome of an act was not saved",
			slog.String("act", act.ID), slog.String("outcome", string(act.Outcome)), slog.Any("error", err))
	}
	return answer, err
}

// maxReason is how many characters of a reason are kept. The contract allows no more.
const maxReason = 500

func beginning(reason string) string {
	if runes := []rune(reason); len(runes) > maxReason {
		return string(runes[:maxReason])
	}
	return reason
}

// actID is the form of the ids in cursors.
var actID = &schema{pattern: regexp.MustCompile(`^act_[0-9a-hjkmnp-tv-z]{26}$`)}

type actView struct {
	ActID     string         `json:"actId"`
	At        moment         `json:"at"`
	Actor     string         `json:"actor"`
	Operation string         `json:"operation"`
	Path      string         `json:"path"`
	Reason    string         `json:"reason,omitempty"`
	Outcome   orderflow.Code `json:"outcome,omitempty"`
}

func viewAct(a orderflow.Act) actView {
	return actView{
		ActID: a.ID, At: moment{a.At}, Actor: a.Actor, Operation: a.Operation, Path: a.Path, Reason: a.Reason, Outcome: a.Outcome,
	}
}

func (s *server) opsListActs(r *request) (*reply, error) {
	actor := r.values["actor"]
	some := func(after string, limit int) ([]orderflow.Act, string, error) {
		return s.Audit.ListActs(r.Context(), after, limit)
	}
	list := some
	if actor != "" {
		list = func(after string, limit int) ([]orderflow.Act, string, error) {
			return matching(some, after, limit, func(a orderflow.Act) bool { return a.Actor == "operator:"+actor },
				func(a orderflow.Act) string { return a.ID })
		}
	}
	acts, next, err := page(r, actID, list, viewAct, actor)
	if err != nil {
		return nil, fmt.Errorf("list acts: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Acts []actView `json:"acts"`
		Next string    `json:"next,omitempty"`
	}{acts, next})
}
