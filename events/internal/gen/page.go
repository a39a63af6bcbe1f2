package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/events"
)

//go:embed events.tmpl.md
var pageTemplate string

// member is a row of the page's table.
type member struct{ Name, Type, Always, Description string }

// page returns docs/events.md.
func page() []byte {
	s := schemaOf(events.Types[0])
	properties := s["properties"].(object)
	var rows []member
	for _, name := range memberOrder {
		p := properties[name].(object)
		m := member{Name: name, Type: fmt.Sprint(p["type"]), Description: p["description"].(string)}
		if enum, ok := p["enum"].([]string); ok {
			m.Type = "`" + strings.Join(enum, "`, `") + "`"
		}
		if slices.Contains(s["required"].([]string), name) {
			m.Always = "yes"
		}
		rows = append(rows, m)
	}
	var b bytes.Buffer
	t := template.Must(template.New("page").Funcs(template.FuncMap{
		"always": func(t events.Type) string {
			if len(t.With) == 0 {
				return ""
			}
			return "`" + strings.Join(t.With, "`, `") + "`"
		},
	}).Parse(pageTemplate))
	example, err := encode(envelope(events.Types[1]))
	if err != nil {
		panic(err)
	}
	if err := t.Execute(&b, map[string]any{
		"Types": events.Types, "Members": rows, "Version": orderflow.SchemaVersion, "Example": string(example),
	}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// memberOrder is the order of the members on the page.
var memberOrder = []string{
	"schemaVersion", "eventId", "orderId", "customerId", "sequence", "at", "type", "status", "previousStatus", "paymentStatus",
	"stockStatus", "attention", "total", "actor", "reason", "message", "shipmentId", "refundId", "refundAmount", "returnId",
}

// asyncAPI returns the AsyncAPI 3.0 document of the bus.
func asyncAPI() object {
	messages, references := object{}, object{}
	for _, t := range events.Types {
		detail := schemaOf(t)
		delete(detail, "$schema")
		messages[t.File()] = object{
			"name": string(t.Name), "title": string(t.Name), "summary": t.When, "contentType": "application/json",
			"payload": object{
				"type":     "object",
				"required": []string{"id", "source", "detail-type", "time", "detail"},
				"properties": object{
					"id":          object{"type": "string", "description": "Of this delivery. The detail has the event's own id."},
					"source":      object{"const": "orderflow"},
					"detail-type": object{"const": string(t.Name)},
					"time":        object{"type": "string", "format": "date-time"},
					"detail":      detail,
				},
			},
			"examples": []any{object{"payload": envelope(t)}},
		}
		references[t.File()] = object{"$ref": "#/components/messages/" + t.File()}
	}
	return object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "Orderflow events", "version": fmt.Sprintf("%d.0.0", orderflow.SchemaVersion),
			"description": "Every change of an order, at least once, on the stack's EventBridge bus.",
			"license":     object{"name": "Apache-2.0"},
		},
		"channels": object{"bus": object{
			"address": "The EventBridge bus of the stack: output EventBusName", "messages": references,
		}},
		"operations": object{"publish": object{
			"action": "send", "channel": object{"$ref": "#/channels/bus"}, "summary": "Publishes each change of an order.",
		}},
		"components": object{"messages": messages},
	}
}
