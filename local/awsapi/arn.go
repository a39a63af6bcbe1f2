package awsapi

// Region and account of the stack's ARNs and URLs.
const (
	Region  = "us-east-1"
	Account = "000000000000"
)

// QueueURL is the URL of the queue of the given name, URL or ARN for calls of this process: only its path counts.
func QueueURL(ref string) string { return QueueURLAt("http://sqs."+Region+".localhost", ref) }

// QueueURLAt is the URL of the queue of the given name, URL or ARN under an endpoint.
func QueueURLAt(endpoint, ref string) string {
	return endpoint + "/" + Account + "/" + ResourceName(ref)
}
