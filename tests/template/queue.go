package template

import (
	"slices"
	"strings"
)

// tlsOnly lists the resources to which a policy denies access without TLS.
func tlsOnly(policies []Resource, property string) map[string]bool {
	out := map[string]bool{}
	for _, p := range policies {
		for _, s := range list(p.get("PolicyDocument", "Statement")) {
			m := object(s)
			insecure := text(object(object(m["Condition"])["Bool"])["aws:SecureTransport"]) == "false"
			if text(m["Effect"]) != "Deny" || text(m["Principal"]) != "*" || !insecure {
				continue
			}
			for _, v := range list(p.get(property)) {
				if slices.ContainsFunc(list(m["Resource"]), func(r any) bool { return target(r) == target(v) }) {
					out[target(v)] = true
				}
			}
		}
	}
	return out
}

func queueTLSOnly(t *Template, _ []string, report reporter) {
	good := tlsOnly(t.Of("AWS::SQS::QueuePolicy"), "Queues")
	for _, q := range t.Of("AWS::SQS::Queue") {
		if !good[q.ID] {
			report(q.ID, "has no policy that denies access without TLS")
		}
	}
}

func topicTLSOnly(t *Template, _ []string, report reporter) {
	good := tlsOnly(t.Of("AWS::SNS::TopicPolicy"), "Topics")
	for _, q := range t.Of("AWS::SNS::Topic") {
		if !good[q.ID] {
			report(q.ID, "has no policy that denies access without TLS")
		}
	}
}

func queueEncryption(t *Template, _ []string, report reporter) {
	for _, q := range t.Of("AWS::SQS::Queue") {
		if q.get("KmsMasterKeyId") == nil {
			report(q.ID, "is not encrypted by a key of ours")
		}
	}
}

func topicEncryption(t *Template, _ []string, report reporter) {
	for _, q := range t.Of("AWS::SNS::Topic") {
		if q.get("KmsMasterKeyId") == nil {
			report(q.ID, "is not encrypted by a key of ours")
		}
	}
}

// queueVisibility: a message stays invisible for at least six times the function's timeout plus its
// batching window (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
func queueVisibility(t *Template, _ []string, report reporter) {
	visibility := map[string]int{}
	for _, q := range t.Of("AWS::SQS::Queue") {
		visibility[q.ID] = 30 // SQS's default
		if v := q.get("VisibilityTimeout"); v != nil {
			visibility[q.ID], _ = number(v)
		}
	}
	for _, f := range t.Of("AWS::Serverless::Function") {
		timeout, ok := number(f.get("Timeout"))
		if !ok {
			timeout = 3 // Lambda's default
		}
		for _, e := range object(f.get("Events")) {
			if text(object(e)["Type"]) != "SQS" {
				continue
			}
			p := object(object(e)["Properties"])
			window, _ := number(p["MaximumBatchingWindowInSeconds"])
			if q := target(p["Queue"]); visibility[q] < 6*timeout+window {
				report(q, "a message is visible again after %d s, but %s may take %d s: 6 times that is %d s",
					visibility[q], f.ID, timeout, 6*timeout+window)
			}
		}
	}
}

// isDeadLetters reports by the id whether a queue is a dead-letter queue. Such a queue has no
// dead-letter queue itself.
func isDeadLetters(q Resource) bool { return strings.HasSuffix(q.ID, "DeadLetters") }

// queueDeadLetters: a message that failed at least five times goes to a dead-letter queue.
func queueDeadLetters(t *Template, _ []string, report reporter) {
	for _, q := range t.Of("AWS::SQS::Queue") {
		if isDeadLetters(q) {
			if days, ok := number(q.get("MessageRetentionPeriod")); !ok || days < 1209600 {
				report(q.ID, "keeps dead letters for less than 14 days")
			}
			continue
		}
		to := target(q.get("RedrivePolicy", "deadLetterTargetArn"))
		if n, _ := number(q.get("RedrivePolicy", "maxReceiveCount")); !strings.HasSuffix(to, "DeadLetters") || n < 5 {
			report(q.ID, "does not move messages that failed 5 times or more to a queue of dead letters")
		}
	}
}
