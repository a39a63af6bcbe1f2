package system

import (
	"net/http"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// IAMReport says what the roles' policies were used for since the local system was started.
type IAMReport struct {
	Used   []iam.Used   `json:"used"`
	Unused []iam.Unused `json:"unused"`
	Denied []iam.Denial `json:"denied"`
}

func newIAMReport(stack *local.Stack) IAMReport {
	r := stack.IAMReport()
	// Empty lists rather than null: it is printed as JSON.
	return IAMReport{append([]iam.Used{}, stack.IAMUsed()...), append([]iam.Unused{}, r.Unused...), append([]iam.Denial{}, r.Denials...)}
}

// iam answers with an IAMReport.
func (l *localAPI) iam(w http.ResponseWriter, _ *http.Request) { writeBody(w, newIAMReport(l.stack)) }
