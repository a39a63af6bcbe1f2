package awsapi

// Region and account of everything in the stack: its ARNs, its URLs and what functions find in
// their environment.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

// ARN is the ARN of a service's resource, e.g. ("sqs", "orders") or ("events",
// "event-bus/default").
func ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + resource
}

// QueueURL is the URL of the queue of the given name, URL or ARN for calls of this process: only
// its path counts.
func QueueURL(ref string) string { return QueueURLAt("http://sqs."+Region+".localhost", ref) }

// QueueURLAt is the URL of the queue of the given name, URL or ARN under an endpoint.
func QueueURLAt(endpoint, ref string) string {
	return endpoint + "/" + Account + "/" + ResourceName(ref)
}
