package awsapi

import "testing"

func TestQueueURL(t *testing.T) {
	t.Parallel()
	const want = "http://sqs.us-east-1.localhost/000000000000/orders"
	for _, ref := range []string{"orders", want, "arn:aws:sqs:us-east-1:000000000000:orders"} {
		if got := QueueURL(ref); got != want {
			t.Errorf("%s: %s", ref, got)
		}
	}
}
