package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/orderflow-dev/orderflow"
)

// TestRestart answers the step that waits for the carrier by hand, with AWS means, although nothing
// was dispatched. The next step fails, and fails again after each redrive. A restart waits for the
// carrier again; nothing is reserved or charged twice.
func TestRestart(t *testing.T) { inEachMode(t, testRestart) }

func testRestart(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	ada.waiting(id)
	reason := []byte(`{"reason":"it was answered by hand"}`)
	restart := func() *answer {
		return olga.request(http.MethodPost, "/ops/orders/"+id+"/restart", nil, reason)
	}
	restart().problem(http.StatusConflict, "NotRestartable")

	s.answerByHand(id)
	attends := func() bool { return olga.attends(id) }
	eventually(t, "the step after the wait fails", attends)
	olga.redrive(id, "try").expect(http.StatusAccepted)
	eventually(t, "it fails again", attends)

	ada.request(http.MethodPost, "/ops/orders/"+id+"/restart", nil, reason).problem(http.StatusForbidden, "OperatorsOnly")
	if body := string(restart().expect(http.StatusAccepted).Body); !strings.Contains(body, `"execution":"`+id+`-2"`) {
		t.Errorf("got %s", body)
	}
	var v struct {
		WaitingAt string
		Execution struct{ ExecutionARN string }
	}
	eventually(t, "the new execution waits for the carrier", func() bool {
		v.WaitingAt = ""
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		return v.WaitingAt == orderflow.StepRequestShipment && !olga.attends(id) && s.openToken(id+"-2") != ""
	})
	if !strings.HasSuffix(v.Execution.ExecutionARN, ":"+id+"-2") {
		t.Errorf("operators see %s", v.Execution.ExecutionARN)
	}
	s.carrier(id, "dispatched").expect(http.StatusOK)
	if v := ada.ended(id); v.Status != orderflow.Fulfilled || v.PaymentStatus != orderflow.PaymentCaptured {
		t.Errorf("ended %s, payment %s", v.Status, v.PaymentStatus)
	}
	restart().problem(http.StatusConflict, "NotRestartable")
	s.checkInvariants(events)
}

// openToken returns the task token of the last task that was scheduled in an execution.
func (s *system) openToken(execution string) (token string) {
	s.t.Helper()
	arn := "arn:aws:states:us-east-1:000000000000:execution:orderflow-fulfil-order:" + execution
	h, err := sfn.NewFromConfig(s.config()).GetExecutionHistory(s.t.Context(), &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, MaxResults: 1000, IncludeExecutionData: aws.Bool(true),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range h.Events {
		if e.Type != types.HistoryEventTypeTaskScheduled {
			continue
		}
		var parameters struct{ Payload struct{ TaskToken string } }
		if err := json.Unmarshal([]byte(*e.TaskScheduledEventDetails.Parameters), &parameters); err != nil {
			s.t.Fatal(err)
		}
		token = parameters.Payload.TaskToken
	}
	return token
}

// answerByHand answers the step at which an order waits, as a hasty operator of AWS might.
func (s *system) answerByHand(id string) {
	s.t.Helper()
	if _, err := sfn.NewFromConfig(s.config()).SendTaskSuccess(s.t.Context(), &sfn.SendTaskSuccessInput{
		TaskToken: aws.String(s.openToken(id)), Output: aws.String(`{"shipmentId":"x","trackingNumber":"x"}`),
	}); err != nil {
		s.t.Fatal(err)
	}
}
