package template

import "github.com/orderflow-dev/orderflow/local/awsapi"

// queueAttributes are the properties that are attributes of CreateQueue under the same name.
var queueAttributes = []string{"DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod",
	"ReceiveMessageWaitTimeSeconds",
	"VisibilityTimeout", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}

const queueHonoured = "QueueName RedrivePolicy DelaySeconds MaximumMessageSize MessageRetentionPeriod " +
	"ReceiveMessageWaitTimeSeconds " +
	"VisibilityTimeout FifoQueue ContentBasedDeduplication DeduplicationScope FifoThroughputLimit"

var queueHarmless = map[string]string{
	"KmsMasterKeyId":               "data on one machine is not encrypted by KMS",
	"KmsDataKeyReusePeriodSeconds": "data on one machine is not encrypted by KMS",
	"SqsManagedSseEnabled":         "data on one machine is not encrypted",
	"RedriveAllowPolicy":           "any queue of the stack may be the source of a dead-letter queue",
	"Tags":                         "nothing reads tags",
}

func (l *loader) queue(p props) {
	p.known(queueHonoured, queueHarmless)
	name := l.name(p.r)
	q := Queue{LogicalID: p.r.id, Name: name, ARN: arn("sqs", name), URL: awsapi.QueueURL(name),
		Attributes: map[string]string{}, FIFO: p.boolean("FifoQueue", false)}
	for _, k := range queueAttributes {
		if p.has(k) {
			q.Attributes[k] = p.text(k)
		}
	}
	if rp := p.sub("RedrivePolicy"); rp.m != nil {
		rp.required("deadLetterTargetArn")
		rp.between("maxReceiveCount", 0, 1, 1000)
		q.Attributes["RedrivePolicy"] = string(p.json("RedrivePolicy"))
	}
	l.out.Queues = append(l.out.Queues, q)
}

func (l *loader) queuePolicy(p props) {
	p.known("Queues PolicyDocument", nil)
	l.out.QueuePolicies = append(l.out.QueuePolicies,
		ResourcePolicy{LogicalID: p.r.id, Resources: p.texts("Queues"), Document: p.document("PolicyDocument")})
}

// document is a policy document, which must be present.
func (p props) document(key string) []byte {
	if !p.has(key) {
		p.fail(key, "is required")
		return []byte("{}")
	}
	return p.json(key)
}
