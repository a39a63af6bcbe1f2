package template

import (
	"maps"
	"slices"
)

// Evaluation is a template with the values of its parameters.
type Evaluation struct {
	template   *Template
	parameters map[string]string
}

// With returns the template with some parameters set. The others have their defaults.
func (t *Template) With(set map[string]string) Evaluation {
	e := Evaluation{template: t, parameters: map[string]string{"AWS::Region": "us-east-1"}}
	for name, p := range t.Parameters {
		e.parameters[name] = text(object(p)["Default"])
	}
	maps.Copy(e.parameters, set)
	return e
}

// Holds reports whether a condition of the template is true. One that it does not have is false.
func (e Evaluation) Holds(name string) bool { return e.holds(e.template.Conditions[name]) }

func (e Evaluation) holds(v any) bool {
	f := object(v)
	switch {
	case f["Condition"] != nil:
		return e.Holds(text(f["Condition"]))
	case f["Fn::Equals"] != nil:
		sides := list(f["Fn::Equals"])
		return len(sides) == 2 && e.value(sides[0]) == e.value(sides[1])
	case f["Fn::Not"] != nil:
		return !e.holds(list(f["Fn::Not"])[0])
	case f["Fn::And"] != nil:
		return !slices.ContainsFunc(list(f["Fn::And"]), func(v any) bool { return !e.holds(v) })
	case f["Fn::Or"] != nil:
		return slices.ContainsFunc(list(f["Fn::Or"]), e.holds)
	}
	return false
}

func (e Evaluation) value(v any) string {
	if name := text(object(v)["Ref"]); name != "" {
		return e.parameters[name]
	}
	return text(v)
}

// Refusals returns the descriptions of the rules' assertions that the parameters do not meet:
// CloudFormation then refuses the deploy before it changes anything
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html).
func (e Evaluation) Refusals() (refusals []string) {
	for _, name := range slices.Sorted(maps.Keys(e.template.Rules)) {
		rule := object(e.template.Rules[name])
		if c := rule["RuleCondition"]; c != nil && !e.holds(c) {
			continue
		}
		for _, a := range list(rule["Assertions"]) {
			if !e.holds(object(a)["Assert"]) {
				refusals = append(refusals, text(object(a)["AssertDescription"]))
			}
		}
	}
	return refusals
}
