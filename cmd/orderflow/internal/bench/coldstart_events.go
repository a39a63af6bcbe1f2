package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local"
)

// coldOrder is the order of the events. It has ended, so that no function changes it.
const coldOrder = "ord_00000000000000000000000000"

// coldEvent is the event for a function, and the error with which the function must refuse it, ""
// if it must succeed.
type coldEvent struct{ payload, refusal string }

// coldEvents are harmless: the function reads, and finds nothing to do.
var coldEvents = map[string]coldEvent{
	"api-orders":    {coldRequest("GET /orders/{orderId}", "/orders/"+coldOrder, `"orderId":"`+coldOrder+`"`), ""},
	"api-products":  {coldRequest("GET /products/{sku}", "/products/kettle-gooseneck-1l", `"sku":"kettle-gooseneck-1l"`), ""},
	"api-customers": {coldRequest("GET /me", "/me", ""), ""},
	"api-operators": {coldRequest("GET /ops/orders/{orderId}", "/ops/orders/"+coldOrder, `"orderId":"`+coldOrder+`"`), ""},
	"api-webhooks":  {coldRequest("OPTIONS /webhooks/shipments", "/webhooks/shipments", ""), ""},
	"api-service":   {coldRequest("GET /healthz", "/healthz", ""), ""},
	"publish": {`{"Records":[{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","NewImage":{"id":{"S":"` +
		coldOrder + `"},"customerId":{"S":"bench"},` +
		`"total":{"M":{"amount":{"N":"100"},"currency":{"S":"USD"}}},"timeline":{"L":[{"M":{"sequence":{"N":"1"},"type":{"S":"Order Placed"},"at":{"S":"2026-01-02T03:04:05Z"},"status":{"S":"PLACED"},"paymentStatus":{"S":"NONE"},"stockStatus":{"S":"NONE"},"attention":{"BOOL":false},"actor":{"S":"customer:c"}}}]}}}}]}`, ""},
	"start":   {coldMessage, ""},
	"wake":    {coldMessage, ""},
	"carrier": {coldMessage, ""},
	"watch": {`{"detail":{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:orderflow-fulfil-order:` +
		coldOrder + `","name":"` + coldOrder + `","status":"RUNNING","redriveCount":0}}`, ""},
	"reconcile":      {`{}`, ""},
	"repair":         {`{"jobId":"job_cold","run":1,"step":"ACT"}`, "NotFound"},
	"validate":       {coldInput, ""},
	"reserve":        {coldInput, ""},
	"charge":         {coldInput, "InvalidState"},
	"review":         {`{"orderId":"` + coldOrder + `","taskToken":"t","review":{"seconds":60}}`, "InvalidState"},
	"payment-method": {`{"orderId":"` + coldOrder + `","taskToken":"t","paymentMethod":{"seconds":60}}`, "InvalidState"},
	"ship":           {`{"orderId":"` + coldOrder + `","taskToken":"t"}`, "InvalidState"},
	"record":         {coldInput, ""},
	"notify":         {`{"orderId":"` + coldOrder + `","kind":"shipped"}`, ""},
	"mail": {`{"Records":[{"messageId":"m","body":"{\"dedupeId\":\"` + coldOrder + `/shipped\",\"orderId\":\"` + coldOrder +
		`\",\"kind\":\"shipped\"}"}]}`, ""},
	"refund":  {coldInput, ""},
	"repay":   {coldMessage, ""},
	"release": {coldInput, "InvalidState"},
	"close":   {coldInput, "InvalidState"},
}

const (
	coldInput   = `{"orderId":"` + coldOrder + `"}`
	coldMessage = `{"Records":[{"messageId":"m","body":"{\"detail\":{\"orderId\":\"` + coldOrder +
		`\",\"shipmentId\":\"shp_0\",\"refundId\":\"rfd_0\"}}"}]}`
)

// coldRequest returns a request of the HTTP API, from the customer of coldOrder, who is an operator too.
func coldRequest(route, path, parameters string) string {
	method, _, _ := strings.Cut(route, " ")
	return fmt.Sprintf(`{"version":"2.0","routeKey":%q,"rawPath":%q,"rawQueryString":"","headers":{"host":"localhost"},`+
		`"pathParameters":{%s},"requestContext":{"http":{"method":%q,"path":%[2]q,"protocol":"HTTP/1.1","sourceIp":"127.0.0.1"},`+
		`"authorizer":{"jwt":{"claims":{"sub":"bench","client_id":"bench","token_use":"access","scope":"orders:read orders:write",`+
		`"cognito:groups":"[operators]"}}},"requestId":"r","stage":"$default"}}`, route, path, parameters, method)
}

// putColdOrder puts the order into the orders table.
func putColdOrder(ctx context.Context, stack *local.Stack) error {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := orderflow.Order{
		ID: coldOrder, CustomerID: "bench", Status: orderflow.Fulfilled, PaymentStatus: orderflow.PaymentNone,
		StockStatus: orderflow.StockShipped, Email: "bench@example.com",
		Total: orderflow.Money{Amount: 100, Currency: "USD"}, PlacedAt: at, UpdatedAt: at, Version: 1,
		Refunds: []orderflow.OrderRefund{{ID: "rfd_0", Status: orderflow.RefundSucceeded, At: at}},
	}
	item, err := cloud.MarshalItem(o)
	if err != nil {
		return fmt.Errorf("put order: %w", err)
	}
	_, err = dynamodb.NewFromConfig(stack.Config("")).PutItem(ctx,
		&dynamodb.PutItemInput{TableName: aws.String(system.StackName + "-orders"), Item: item})
	return err
}
