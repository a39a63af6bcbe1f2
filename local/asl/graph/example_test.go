package graph_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/graph"
)

func Example() {
	g, err := graph.Parse(`{"StartAt": "Charge", "States": {
		"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Paid?",
			"Catch": [{"ErrorEquals": ["CardDeclined"], "Next": "Cancel"}]},
		"Paid?": {"Type": "Choice", "Default": "Cancel",
			"Choices": [{"Variable": "$.paid", "BooleanEquals": true, "Next": "Done"}]},
		"Cancel": {"Type": "Fail"},
		"Done": {"Type": "Succeed"}
	}}`)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range g.Edges {
		fmt.Println(e.From, "->", e.To, e.Kind, e.Label)
	}
	g.Layout()
	fmt.Println(strings.HasPrefix(g.SVG("Charges an order"), "<svg"))
	// Output:
	// Charge -> Paid? Next []
	// Charge -> Cancel Catch [CardDeclined]
	// Paid? -> Done Choice [$.paid BooleanEquals true]
	// Paid? -> Cancel Default [otherwise]
	// true
}
