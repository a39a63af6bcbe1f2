package sqs

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestRedrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dlq := w.create("start-dlq", nil)
	url := w.create("start", map[string]string{
		"VisibilityTimeout": "1", "RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("start-dlq") + `","maxReceiveCount":"2"}`,
	})
	w.send(url, "poison")
	id := *w.want(url, "poison")[0].MessageId
	w.clock.Advance(time.Second)
	w.want(url, "poison")
	w.clock.Advance(time.Second)
	w.crash()
	w.want(url)
	m := w.want(dlq, "poison")[0]
	if *m.MessageId != id || m.Attributes["DeadLetterQueueSourceArn"] != ARN("start") ||
		m.Attributes["SentTimestamp"] != "1795348800000" {
		t.Errorf("dead letter %s %v, want id %s", *m.MessageId, m.Attributes, id)
	}
	w.wantCounts(url, "0/0/0")
	sources, err := w.ListDeadLetterSourceQueues(t.Context(), &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: &dlq})
	if err != nil || !slices.Equal(sources.QueueUrls, []string{url}) {
		t.Errorf("sources = %v, %v", sources, err)
	}

	w.clock.Advance(time.Minute)
	start, err := w.StartMessageMoveTask(t.Context(),
		&awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("start-dlq"))})
	if err != nil || *start.TaskHandle == "" {
		t.Fatal(err)
	}
	task := w.awaitTask(ARN("start-dlq"))
	if *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 1 {
		t.Errorf("task %s, moved %d", *task.Status, task.ApproximateNumberOfMessagesMoved)
	}
	back := w.want(url, "poison")[0]
	if back.Attributes["ApproximateReceiveCount"] != "1" || *back.MessageId == id {
		t.Errorf("moved back as %s with %v", *back.MessageId, back.Attributes)
	}
	w.wantCounts(dlq, "0/0/0")
}

// awaitTask polls the newest move task until it has ended.
func (w *world) awaitTask(source string) (task types.ListMessageMoveTasksResultEntry) {
	w.t.Helper()
	w.until("the move task has ended", func() bool {
		out, err := w.ListMessageMoveTasks(w.t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: &source})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(out.Results) != 1 {
			return false
		}
		task = out.Results[0]
		return *task.Status != "RUNNING"
	})
	return task
}

func TestMoveTask_NotASource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("plain", nil)
	_, err := w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("plain"))})
	wantCode(t, err, "InvalidParameterValue")

	dlq := w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	w.send(dlq, "came from nowhere")
	if _, err = w.StartMessageMoveTask(t.Context(),
		&awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("dlq"))}); err != nil {
		t.Fatal(err)
	}
	if task := w.awaitTask(ARN("dlq")); *task.Status != "FAILED" || *task.FailureReason != "CouldNotDetermineMessageSource" {
		t.Errorf("task = %s %s", *task.Status, aws.ToString(task.FailureReason))
	}
	w.want(dlq, "came from nowhere")
}

func TestMoveTask_RateSurvivesCrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dlq := w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	for i := range 4 {
		w.send(dlq, strconv.Itoa(i))
	}
	_, err := w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(ARN("dlq")), DestinationArn: aws.String(ARN("q")), MaxNumberOfMessagesPerSecond: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.wantCounts(URL("q"), "2/0/0")
	w.crash()
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	if task := w.awaitTask(ARN("dlq")); *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 4 {
		t.Errorf("task = %s, moved %d", *task.Status, task.ApproximateNumberOfMessagesMoved)
	}
	w.want(URL("q"), "0", "1", "2", "3")
}
