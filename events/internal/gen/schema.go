package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/events"
)

// members describes the members of a detail.
var members = map[string]string{
	"schemaVersion":  "The version of this schema. A version only gains members.",
	"eventId":        "The same whenever the event is published: remove duplicates by it.",
	"orderId":        "The order.",
	"customerId":     "The customer: an id without meaning.",
	"total":          "What the order costs.",
	"sequence":       "The number of the change of this order: 1, 2, 3, ... without gaps. Order the events of an order by it.",
	"at":             "When it happened: RFC 3339, UTC.",
	"type":           "The detail type again.",
	"status":         "The order's status after the change.",
	"previousStatus": "The status before, if it has changed.",
	"paymentStatus":  "The payment's status after the change.",
	"stockStatus":    "The stock's status after the change.",
	"attention":      "Whether the order needs an operator after the change.",
	"actor":          "Who changed it: customer:ID, operator:ID, step:NAME or carrier.",
	"reason":         "A code, or an operator's words.",
	"message":        "The reason as a sentence for the customer.",
	"refundId":       "The refund.",
	"refundAmount":   "How much is refunded.",
	"returnId":       "The return.",
	"shipmentId":     "The shipment, once there is one.",
	"amount":         "In the currency's minor unit: 9800 are 98.00 USD.",
	"currency":       "ISO 4217.",
}

// values are the members with a closed set of values.
var values = map[reflect.Type][]string{
	reflect.TypeFor[orderflow.Status](): texts(orderflow.Statuses),
	reflect.TypeFor[orderflow.PaymentStatus](): texts([]orderflow.PaymentStatus{
		orderflow.PaymentNone, orderflow.PaymentAuthorized, orderflow.PaymentCaptured, orderflow.PaymentRefundPending,
		orderflow.PaymentPartiallyRefunded, orderflow.PaymentRefunded, orderflow.PaymentUncertain, orderflow.PaymentDeclined,
	}),
	reflect.TypeFor[orderflow.StockStatus](): texts([]orderflow.StockStatus{
		orderflow.StockNone, orderflow.StockReserved, orderflow.StockShipped, orderflow.StockReleased,
	}),
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// object is a JSON Schema, or a part of one. Members are encoded in the order of their names.
type object map[string]any

// schemaOf returns the JSON Schema (2020-12) of a type's details.
func schemaOf(t events.Type) object {
	s := of(reflect.TypeFor[orderflow.EventDetail]())
	properties := s["properties"].(object)
	properties["schemaVersion"].(object)["const"] = orderflow.SchemaVersion
	properties["type"].(object)["const"] = string(t.Name)
	s["required"] = append(s["required"].([]string), t.With...)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = fmt.Sprintf("urn:orderflow:events:%d:%s", orderflow.SchemaVersion, t.File())
	s["title"], s["description"] = string(t.Name), t.When+" Consumers must ignore members that they do not know."
	return s
}

// of returns the schema of a Go type.
func of(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return of(t.Elem())
	case values[t] != nil:
		return object{"type": "string", "enum": values[t]}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Struct:
		properties, required := object{}, []string{}
		for _, f := range reflect.VisibleFields(t) {
			if f.Anonymous {
				continue
			}
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || members[name] == "" {
				panic(fmt.Sprintf("the field %s of %v has no name or no description", f.Name, t))
			}
			p := of(f.Type)
			p["description"] = members[name]
			properties[name] = p
			if option == "" {
				required = append(required, name)
			}
		}
		return object{"type": "object", "properties": properties, "required": required}
	}
	panic(fmt.Sprintf("no schema for %v", t))
}

// envelope returns the example of a type as EventBridge delivers it.
func envelope(t events.Type) any {
	return struct {
		Version    string                `json:"version"`
		ID         string                `json:"id"`
		DetailType string                `json:"detail-type"`
		Source     string                `json:"source"`
		Account    string                `json:"account"`
		Time       time.Time             `json:"time"`
		Region     string                `json:"region"`
		Resources  []string              `json:"resources"`
		Detail     orderflow.EventDetail `json:"detail"`
	}{
		"0", "6a7e8feb-b491-4cf7-a9f1-bf3703467718", string(t.Name), "orderflow", "111122223333", t.Example.At, "us-east-1",
		[]string{}, t.Example,
	}
}
