package template

// globalsFor maps a section of Globals to the type that it applies to.
var globalsFor = map[string]string{
	"Function": "AWS::Serverless::Function", "StateMachine": "AWS::Serverless::StateMachine",
	"HttpApi": "AWS::Serverless::HttpApi", "SimpleTable": "AWS::Serverless::SimpleTable",
}

// globals are SAM's Globals by resource type.
func (l *loader) globals() map[string]*node {
	section, out := l.root.field("Globals"), map[string]*node{}
	if section == nil || section.kind != mapNode {
		return out
	}
	for _, k := range section.keys {
		typ, ok := globalsFor[k]
		if !ok {
			l.unhonoured(section.fields[k], "", "Globals", k, "no resource of this kind runs locally", false)
			continue
		}
		out[typ] = section.fields[k]
	}
	return out
}

// merge combines the global properties with a resource's own, as SAM does: maps are merged, lists
// appended, other values replaced.
func merge(global, own *node) *node {
	switch {
	case own == nil:
		return global
	case global == nil || global.kind != own.kind:
		return own
	case own.kind == listNode:
		out := *own
		out.items = append(append([]*node{}, global.items...), own.items...)
		return &out
	case own.kind != mapNode:
		return own
	}
	out := *own
	out.keys, out.fields = nil, map[string]*node{}
	for _, k := range global.keys {
		out.keys = append(out.keys, k)
		out.fields[k] = merge(global.fields[k], own.fields[k])
	}
	for _, k := range own.keys {
		if _, ok := out.fields[k]; !ok {
			out.keys = append(out.keys, k)
			out.fields[k] = own.fields[k]
		}
	}
	return &out
}
