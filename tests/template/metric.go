package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// metric is a metric that an alarm or a dashboard watches.
type metric struct {
	namespace  any
	name       string
	dimensions map[string]any
}

// source is the metrics of an AWS namespace that an alarm may watch, and their sets of dimensions.
type source struct {
	metrics    []string
	dimensions [][]string
}

// sources are the metrics that AWS publishes and that are useful here. A name that is missing is
// wrong, or must be looked up and added.
var sources = map[string]source{
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
	"AWS/SQS": {[]string{
		"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage",
	}, [][]string{{"QueueName"}}},
	// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
	"AWS/Lambda": {[]string{
		"Invocations", "Errors", "Throttles", "Duration", "IteratorAge", "ConcurrentExecutions", "DestinationDeliveryFailures",
	}, [][]string{{"FunctionName"}}},
	// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
	"AWS/States": {[]string{
		"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted",
		"ExecutionThrottled",
	}, [][]string{{"StateMachineArn"}}},
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
	"AWS/ApiGateway": {[]string{"Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"}, [][]string{{"ApiId"}}},
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
	"AWS/DynamoDB": {
		[]string{"ReadThrottleEvents", "WriteThrottleEvents"},
		[][]string{{"TableName"}, {"GlobalSecondaryIndexName", "TableName"}},
	},
	// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
	"AWS/SNS": {[]string{
		"NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed",
	}, [][]string{{"TopicName"}}},
}

// dimensionValues gives the value that a dimension must have: the type of the resource, and its
// attribute ("": the value of Ref).
var dimensionValues = map[string]struct {
	types     []string
	attribute string
}{
	"QueueName":       {[]string{"AWS::SQS::Queue"}, "QueueName"},
	"FunctionName":    {[]string{"AWS::Serverless::Function"}, ""},
	"StateMachineArn": {[]string{"AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"}, ""},
	"ApiId":           {[]string{"AWS::Serverless::HttpApi"}, ""},
	"TableName":       {[]string{"AWS::DynamoDB::Table"}, ""},
	"TopicName":       {[]string{"AWS::SNS::Topic"}, "TopicName"},
}

// metricsOf returns the metrics that an alarm watches.
func metricsOf(a Resource) []metric {
	of := func(m map[string]any) metric {
		dimensions := map[string]any{}
		for _, d := range list(m["Dimensions"]) {
			dimensions[text(object(d)["Name"])] = object(d)["Value"]
		}
		return metric{m["Namespace"], text(m["MetricName"]), dimensions}
	}
	var out []metric
	if a.get("MetricName") != nil {
		out = append(out, of(a.Properties))
	}
	for _, q := range list(a.get("Metrics")) {
		if stat := object(object(q)["MetricStat"]); stat != nil {
			out = append(out, of(object(stat["Metric"])))
		}
	}
	return out
}

// alarmMetric: each watched metric exists, in the dimension in which it is published. An alarm on
// any other metric never changes its state.
func alarmMetric(t *Template, _ []string, report reporter) {
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		metrics := metricsOf(a)
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
		if len(metrics) == 0 || len(metrics) > 10 {
			report(a.ID, "watches %d metrics: an alarm takes one to ten", len(metrics))
		}
		for _, m := range metrics {
			if fault := m.fault(t); fault != "" {
				report(a.ID, "%s", fault)
			}
		}
	}
}

var sub = regexp.MustCompile(`^\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z0-9]+))?\}$`)

// dashboardMetric: each metric on a dashboard exists, in the same way.
func dashboardMetric(t *Template, _ []string, report reporter) {
	for _, d := range t.Of("AWS::CloudWatch::Dashboard") {
		var body struct {
			Widgets []struct {
				Properties struct{ Metrics [][]any }
			}
		}
		if err := json.Unmarshal([]byte(text(object(d.get("DashboardBody"))["Fn::Sub"])), &body); err != nil {
			report(d.ID, "its body is not JSON: %v", err)
		}
		for _, w := range body.Widgets {
			for _, line := range w.Properties.Metrics {
				var words []string // namespace, name, dimension, value, ...; options at the end are a map
				for _, v := range line {
					if s, ok := v.(string); ok {
						words = append(words, s)
					}
				}
				if len(words) < 2 || len(words)%2 != 0 {
					report(d.ID, "shows %v, which is not a metric", line)
					continue
				}
				m := metric{reference(words[0]), words[1], map[string]any{}}
				for i := 2; i < len(words); i += 2 {
					m.dimensions[words[i]] = reference(words[i+1])
				}
				if fault := m.fault(t); fault != "" {
					report(d.ID, "%s", fault)
				}
			}
		}
	}
}

// reference returns the value of a word inside Fn::Sub: "${Queue.QueueName}" is {"Fn::GetAtt":
// "Queue.QueueName"}.
func reference(word string) any {
	m := sub.FindStringSubmatch(word)
	switch {
	case m == nil:
		return word
	case m[2] == "":
		return map[string]any{"Ref": m[1]}
	}
	return map[string]any{"Fn::GetAtt": m[1] + "." + m[2]}
}

// fault returns what is wrong with a metric, or "".
func (m metric) fault(t *Template) string {
	from, known := sources[text(m.namespace)]
	if !known {
		return m.ownFault(t)
	}
	if !slices.Contains(from.metrics, m.name) {
		return fmt.Sprintf("%s has no metric %s", m.namespace, m.name)
	}
	dimensions := slices.Sorted(maps.Keys(m.dimensions))
	if !slices.ContainsFunc(from.dimensions, func(set []string) bool { return slices.Equal(set, dimensions) }) {
		return fmt.Sprintf("%s is not published by %v", m.name, dimensions)
	}
	for _, name := range dimensions {
		if fault := m.dimensionFault(t, name); fault != "" {
			return fault
		}
	}
	return ""
}

func (m metric) dimensionFault(t *Template, name string) string {
	if name == "GlobalSecondaryIndexName" {
		for _, table := range t.Of("AWS::DynamoDB::Table") {
			for _, index := range list(table.get("GlobalSecondaryIndexes")) {
				if table.ID == target(m.dimensions["TableName"]) && object(index)["IndexName"] == m.dimensions[name] {
					return ""
				}
			}
		}
		return fmt.Sprintf("%s: the table has no index %v", m.name, m.dimensions[name])
	}
	want, value := dimensionValues[name], object(m.dimensions[name])
	id, attribute, _ := strings.Cut(text(value["Fn::GetAtt"]), ".")
	if value["Ref"] != nil {
		id = text(value["Ref"])
	}
	for _, r := range t.Resources {
		if r.ID == id && slices.Contains(want.types, r.Type) && attribute == want.attribute {
			return ""
		}
	}
	how := "!Ref"
	if want.attribute != "" {
		how = "!GetAtt " + want.attribute
	}
	return fmt.Sprintf("%s: %s has to be the %s of an %s", m.name, name, how, want.types[0])
}

// ownFault is fault for a metric of the project: a metric filter must make it.
func (m metric) ownFault(t *Template) string {
	for _, f := range t.Of("AWS::Logs::MetricFilter") {
		for _, v := range list(f.get("MetricTransformations")) {
			made := object(v)
			if len(m.dimensions) == 0 && text(made["MetricName"]) == m.name &&
				fmt.Sprint(made["MetricNamespace"]) == fmt.Sprint(m.namespace) {
				return ""
			}
		}
	}
	return fmt.Sprintf("no metric filter makes %s in %v", m.name, m.namespace)
}

// ringsWithoutData reports whether an alarm rings when its data stops. Before the first data it is
// silent: an alarm begins without data, and acts when its state changes
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html).
func ringsWithoutData(alarm Resource) bool {
	return text(alarm.get("TreatMissingData")) == "missing" && alarm.get("InsufficientDataActions") != nil
}

// alarmIdle: no alarm rings on a stack that is new and idle.
func alarmIdle(t *Template, _ []string, report reporter) {
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		low := strings.HasPrefix(text(a.get("ComparisonOperator")), "LessThan")
		switch {
		case text(a.get("TreatMissingData")) == "breaching":
			report(a.ID, "rings before there is any data: treat missing data as missing, and set InsufficientDataActions")
		case low && !ringsWithoutData(a):
			report(a.ID, "rings while nothing happens, or never without data")
		}
	}
}

var filled = regexp.MustCompile(`FILL\(\s*([a-z][A-Za-z0-9_]*)\s*,`)

// alarmMath: metrics are missing while nothing happens, and a sum with a missing term is missing
// too, so each term needs FILL, except in an alarm that rings when its data stops. AWS/DynamoDB
// also ignores TreatMissingData
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
func alarmMath(t *Template, _ []string, report reporter) {
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		var expression strings.Builder
		var ids []string
		for _, v := range list(a.get("Metrics")) {
			q := object(v)
			expression.WriteString(text(q["Expression"]) + "\n")
			if q["MetricStat"] != nil {
				ids = append(ids, text(q["Id"]))
			}
		}
		bare := filled.ReplaceAllString(expression.String(), "FILL(,")
		for _, id := range ids {
			word := regexp.MustCompile(`\b` + id + `\b`)
			switch {
			case !word.MatchString(expression.String()):
				report(a.ID, "its expression leaves %s out", id)
			case word.MatchString(bare) && !ringsWithoutData(a):
				report(a.ID, "%s has no FILL for missing data", id)
			}
		}
		if text(a.get("Namespace")) == "AWS/DynamoDB" {
			report(a.ID, "never leaves its state while the metric is missing: use FILL in an expression")
		}
	}
}
