package system

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/functions"
)

// confirmation acts as the customer who confirms a payment on the sandbox provider's page, or fails
// to: {"clientSecret": string, "succeeds": bool}. The provider then calls the API's webhook.
func (l *localAPI) confirmation(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientSecret string `json:"clientSecret"`
		Succeeds     *bool  `json:"succeeds"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil || in.ClientSecret == "" || in.Succeeds == nil {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest", "the body must be JSON with the members clientSecret and succeeds")
		return
	}
	sandbox := functions.NewSandbox(dynamodb.NewFromConfig(l.stack.Config("")), StackName+"-sandbox", time.Now)
	orderID, err := sandbox.Confirm(r.Context(), in.ClientSecret, *in.Succeeds)
	if err == nil {
		err = l.tell(r.Context(), "http://"+r.Host, orderID, *in.Succeeds)
	}
	switch code := orderflow.CodeOf(err); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case code == orderflow.CodeNotFound:
		writeProblem(w, http.StatusNotFound, string(code), orderflow.MessageOf(err))
	case code == orderflow.CodeInvalidState:
		writeProblem(w, http.StatusConflict, string(code), orderflow.MessageOf(err))
	default:
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
	}
}

// tell calls the webhook as Stripe does.
func (l *localAPI) tell(ctx context.Context, api, orderID string, succeeds bool) error {
	event := map[bool]string{true: "payment_intent.amount_capturable_updated", false: "payment_intent.payment_failed"}[succeeds]
	body, err := json.Marshal(map[string]any{"type": event, "data": map[string]any{"object": map[string]any{
		"object": "payment_intent", "metadata": map[string]string{"orderflow_order": orderID},
	}}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, api+"/webhooks/payments", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(orderflow.StripeSignatureHeader, orderflow.SignWebhook(l.secret, time.Now(), body))
	answer, err := l.out.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var p client.Problem
		return fmt.Errorf("the webhook answers %d: %v", answer.StatusCode, json.NewDecoder(answer.Body).Decode(&p))
	}
	return nil
}
