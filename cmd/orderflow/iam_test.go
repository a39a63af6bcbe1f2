package main

import (
	"bytes"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local/iam"
)

func TestIAMReport_print(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := printIAMReport(screen.New(&out), system.IAMReport{
		Used: []iam.Used{{Role: "ApiRole", Policy: "p", Statement: "Orders", Action: "dynamodb:GetItem",
			Resource: "arn:t"}},
		Unused: []iam.Unused{{Policy: "QueuePolicy", Statement: "0", Action: "sqs:SendMessage", Resource: "arn:q"}},
		Denied: []iam.Denial{{Caller: "role/ApiRole", Action: "dynamodb:Scan", Resource: "arn:t", Count: 2}},
	})
	want := `Used: 1 grants
ROLE OR POLICY  STATEMENT  ACTION            RESOURCE
ApiRole         Orders     dynamodb:GetItem  arn:t

Never used: 1 grants
ROLE OR POLICY  STATEMENT  ACTION           RESOURCE
QueuePolicy     0          sqs:SendMessage  arn:q

Denied: 1 calls
CALLER        ACTION         RESOURCE  CALLS
role/ApiRole  dynamodb:Scan  arn:t         2
`
	if err != nil || out.String() != want {
		t.Errorf("%v, got\n%swant\n%s", err, &out, want)
	}
}
