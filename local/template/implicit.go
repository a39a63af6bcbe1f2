package template

// implicitAPI is the logical id of the HTTP API that SAM makes for events that name none.
const implicitAPI = "ServerlessHttpApi"

// isSAM reports whether SAM makes a role, and resources for events, for a type.
func isSAM(typ string) bool {
	return typ == "AWS::Serverless::Function" || typ == "AWS::Serverless::StateMachine"
}

// addImplicit adds the resources that SAM generates and that the template may refer to by SAM's
// logical ids: <Function>Role, <Function><Event> for the rule of an event, ServerlessHttpApi.
func (l *loader) addImplicit() {
	for _, id := range l.ids() {
		r := l.resources[id]
		if !isSAM(r.typ) {
			continue
		}
		if r.properties.field("Role") == nil {
			l.implicit[id+"Role"] = &resource{id: id + "Role", typ: "AWS::IAM::Role", n: r.n}
		}
		events := r.properties.field("Events")
		if events == nil || events.kind != mapNode {
			continue
		}
		for _, name := range events.keys {
			l.addEvent(id+name, events.fields[name])
		}
	}
}

func (l *loader) addEvent(id string, event *node) {
	switch event.field("Type").text() {
	case "EventBridgeRule", "CloudWatchEvent":
		l.implicit[id] = &resource{id: id, typ: "AWS::Events::Rule", n: event, properties: event.field("Properties"),
			nameProperty: "RuleName"}
	case "Schedule":
		l.implicit[id] = &resource{id: id, typ: "AWS::Events::Rule", n: event, properties: event.field("Properties"),
			nameProperty: "Name"}
	case "HttpApi":
		if event.field("Properties").field("ApiId") == nil {
			l.implicit[implicitAPI] = &resource{id: implicitAPI, typ: "AWS::Serverless::HttpApi", n: event}
		}
	}
}
