package system

import (
	"net/http"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// IAMReport lists the use of the roles' policies since the local system was started.
type IAMReport struct {
	Used   []iam.Used   `json:"used"`
	Unused []iam.Unused `json:"unused"`
	Denied []iam.Denial `json:"denied"`
}

func newIAMReport(stack *local.Stack) IAMReport {
	r := stack.IAMReport()
	// Empty lists rather than null in the JSON.
	return IAMReport{
		Used:   append([]iam.Used{}, stack.IAMUsed()...),
		Unused: append([]iam.Unused{}, r.Unused...),
		Denied: append([]iam.Denial{}, r.Denials...),
	}
}

// iam replies with an IAMReport.
func (l *localAPI) iam(w http.ResponseWriter, _ *http.Request) { writeBody(w, newIAMReport(l.stack)) }
