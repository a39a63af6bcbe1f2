package cost

import "bytes"

// Region and PricesOf say which prices these are: on demand, without free tiers and volume
// discounts, from the pricing pages of each service.
const (
	Region   = "us-east-1"
	PricesOf = "2025-07"
)

// price is the price of a million units of something that AWS bills.
type price struct {
	service string
	dollars float64
	units   func(Counts) float64
}

var prices = []price{
	{"Step Functions", 25, func(c Counts) float64 { return float64(c.Transitions) }},
	{"Lambda", 0.20, func(c Counts) float64 { return float64(c.Invocations) }},
	{"Lambda", 13.3334, func(c Counts) float64 { return c.GBMilliseconds / 1000 }}, // GB-seconds, arm64
	{"DynamoDB", 0.625, func(c Counts) float64 { return c.Writes }},
	{"DynamoDB", 0.125, func(c Counts) float64 { return c.Reads }},
	{"API Gateway", 1, func(c Counts) float64 { return float64(c.Requests) }}, // HTTP API, up to 512 KB each
	{"EventBridge", 1, func(c Counts) float64 { return float64(c.Events) }},   // up to 64 KB each
	{"SQS", 0.40, func(c Counts) float64 { return float64(c.Queue) }},
	{"SNS", 0.50, func(c Counts) float64 { return float64(c.Notifications) }}, // what it delivers to SQS is free
	{"SES", 100, func(c Counts) float64 { return float64(c.Mails) }},
}

// monthly are the prices of a resource of the template for a month, with or without orders.
var monthly = map[string]float64{
	"AWS::KMS::Key": 1, "AWS::SecretsManager::Secret": 0.40,
	"AWS::CloudWatch::Alarm": 0.10, "AWS::CloudWatch::Dashboard": 3,
}

// Month returns what a month costs without orders. Storage, logs and traces are not in it.
func Month(template []byte) (dollars float64) {
	for kind, price := range monthly {
		dollars += price * float64(bytes.Count(template, []byte("Type: "+kind+"\n")))
	}
	return dollars
}

// Services lists what the bill is split into.
var Services = []string{"Step Functions", "Lambda", "DynamoDB", "API Gateway", "EventBridge", "SQS", "SNS", "SES"}

// Bill is what AWS charges, in US dollars by service.
type Bill map[string]float64

// Bill returns the bill for a number of orders that cost as much as these counts.
func (c Counts) Bill(orders int) Bill {
	b := Bill{}
	for _, p := range prices {
		b[p.service] += p.dollars * p.units(c) * float64(orders) / 1e6
	}
	return b
}

// Total returns the sum of a bill.
func (b Bill) Total() (dollars float64) {
	for _, s := range Services {
		dollars += b[s]
	}
	return dollars
}
