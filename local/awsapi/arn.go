package awsapi

// Region and account of the stack's ARNs and URLs.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

// QueueURL is the URL that SQS gives the queue of the given name, URL or ARN.
func QueueURL(ref string) string {
	return "http://sqs." + Region + ".localhost/" + Account + "/" + ResourceName(ref)
}
