package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"golang.org/x/sync/errgroup"

	"github.com/orderflow-dev/orderflow"
)

// Jobs keeps operators' jobs and their members in one table. A member's key is its job's id and its
// order's; a job's is allJobs and its id. Both expire after orderflow.JobKept.
type Jobs struct {
	DB          *dynamodb.Client
	Table       string
	Idempotency string // table
}

// allJobs is the first key of every job.
const allJobs = "jobs"

// jobRow is the item of a job.
type jobRow struct {
	Job       string        `json:"job"`  // allJobs
	Item      string        `json:"item"` // the job's id
	ExpiresAt int64         `json:"expiresAt"`
	State     orderflow.Job `json:"state"`
}

func (j *Jobs) put(job *orderflow.Job) (*types.Put, error) {
	row := jobRow{Job: allJobs, Item: job.ID, ExpiresAt: job.At.Add(orderflow.JobKept).Unix(), State: *job}
	it, err := MarshalItem(row)
	if err != nil {
		return nil, err
	}
	return &types.Put{TableName: &j.Table, Item: it}, nil
}

// AddJob saves a new job and the answer to its request. If an answer is already kept under the key,
// nothing is saved and earlier is that answer. Returns orderflow.CodeConflict while another request
// with the key is in progress.
func (j *Jobs) AddJob(ctx context.Context, job *orderflow.Job, key string, answer []byte, now, expires time.Time) (
	earlier []byte, err error) {
	kept := &Placements{DB: j.DB, Idempotency: j.Idempotency}
	saved, err := putAnswer(j.Idempotency, answerItem{Key: key, Answer: answer, ExpiresAt: expires.Unix()}, now)
	if err != nil {
		return nil, fmt.Errorf("add job: %w", err)
	}
	put, err := j.put(job)
	if err != nil {
		return nil, fmt.Errorf("add job: %w", err)
	}
	put.ConditionExpression = aws.String("attribute_not_exists(job)")
	_, err = j.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{{Put: saved}, {Put: put}},
	})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		if !refusedByAnswer(cancelled) {
			return nil, fmt.Errorf("add job: %w", whyCancelled(make([]action, 2), cancelled))
		}
		return kept.earlier(ctx, key, now, nil, cancelled)
	}
	if err != nil {
		return nil, wrap("add job", err)
	}
	return nil, nil
}

// Job loads a job. Returns orderflow.CodeNotFound.
func (j *Jobs) Job(ctx context.Context, id string) (*orderflow.Job, error) {
	row, err := get[jobRow](ctx, j.DB, "job", j.Table, item{"job": str(allJobs), "item": str(id)})
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("get job: %w", orderflow.Errorf(orderflow.CodeNotFound, "there is no job %s", id))
	}
	return &row.State, nil
}

// SaveJob saves a job as its next version. Returns orderflow.CodeConflict if the job was saved since
// it was loaded.
func (j *Jobs) SaveJob(ctx context.Context, job *orderflow.Job) error {
	next := *job
	next.Version++
	put, err := j.put(&next)
	if err != nil {
		return fmt.Errorf("save job: %w", err)
	}
	_, err = j.DB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: aws.String("#state.version = :loaded"),
		ExpressionAttributeNames: map[string]string{"#state": "state"}, ExpressionAttributeValues: item{":loaded": number(job.Version)},
	})
	if err != nil {
		return wrap("save job", err)
	}
	job.Version++
	return nil
}

// ListJobs returns at most limit jobs, newest first, after the one with the id after; "" is the
// start. next is the value of after for the next page, or "" at the end.
func (j *Jobs) ListJobs(ctx context.Context, after string, limit int) (jobs []*orderflow.Job, next string, err error) {
	rows, next, err := page[jobRow](ctx, j, allJobs, after, limit, false)
	for i := range rows {
		jobs = append(jobs, &rows[i].State)
	}
	return jobs, next, err
}

// ListMembers returns at most limit members of a job, by order id, after the order with the id
// after; "" is the start. next is the value of after for the next page, or "" at the end.
func (j *Jobs) ListMembers(ctx context.Context, jobID, after string, limit int) ([]orderflow.JobMember, string, error) {
	return page[orderflow.JobMember](ctx, j, jobID, after, limit, true)
}

func page[T any](ctx context.Context, j *Jobs, key, after string, limit int, forward bool) (rows []T, next string, err error) {
	var start item
	if after != "" {
		start = item{"job": str(key), "item": str(after)}
	}
	for {
		out, err := j.DB.Query(ctx, &dynamodb.QueryInput{
			TableName: &j.Table, KeyConditionExpression: aws.String("job = :job"),
			ExpressionAttributeValues: item{":job": str(key)}, ScanIndexForward: &forward, ConsistentRead: aws.Bool(true),
			ExclusiveStartKey: start, Limit: aws.Int32(int32(limit - len(rows))),
		})
		if err != nil {
			return nil, "", wrap("list jobs", err)
		}
		for _, it := range out.Items {
			row, err := read[T]("job", it)
			if err != nil {
				return nil, "", err
			}
			rows = append(rows, *row)
		}
		if start = out.LastEvaluatedKey; len(start) == 0 {
			return rows, "", nil
		}
		if len(rows) == limit {
			next, err = stringOf(start, "item")
			return rows, next, err
		}
	}
}

// membersAtOnce is how many members are written at once.
const membersAtOnce = 16

// AddMembers saves new members. One that exists stays as it is.
func (j *Jobs) AddMembers(ctx context.Context, members []orderflow.JobMember) error {
	return eachMember(ctx, members, func(ctx context.Context, m orderflow.JobMember) error {
		err := j.saveMember(ctx, m, aws.String("attribute_not_exists(job)"))
		if orderflow.CodeOf(err) == orderflow.CodeConflict {
			return nil
		}
		return err
	})
}

// SaveMembers saves members.
func (j *Jobs) SaveMembers(ctx context.Context, members []orderflow.JobMember) error {
	return eachMember(ctx, members, func(ctx context.Context, m orderflow.JobMember) error {
		return j.saveMember(ctx, m, nil)
	})
}

func eachMember(ctx context.Context, members []orderflow.JobMember,
	f func(context.Context, orderflow.JobMember) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(membersAtOnce)
	for _, m := range members {
		g.Go(func() error { return f(ctx, m) })
	}
	return g.Wait()
}

func (j *Jobs) saveMember(ctx context.Context, m orderflow.JobMember, condition *string) error {
	it, err := MarshalItem(m)
	if err != nil {
		return fmt.Errorf("save member of job: %w", err)
	}
	_, err = j.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &j.Table, Item: it, ConditionExpression: condition})
	if err != nil {
		return wrap("save member of job", err)
	}
	return nil
}

// JobRuns starts the executions that carry out jobs.
type JobRuns struct {
	Client       *sfn.Client
	StateMachine string // ARN of repair-orders
}

// StartJob starts the job's latest execution. It succeeds if the execution already exists.
func (r *JobRuns) StartJob(ctx context.Context, job *orderflow.Job) error {
	input, err := json.Marshal(map[string]any{"jobId": job.ID, "run": job.Run, "next": job.Step, "seconds": 0})
	if err != nil {
		return fmt.Errorf("marshal execution input: %w", err)
	}
	_, err = r.Client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &r.StateMachine, Name: aws.String(job.ExecutionName()), Input: aws.String(string(input)),
	})
	if _, exists := errors.AsType[*sfntypes.ExecutionAlreadyExists](err); err != nil && !exists {
		return wrap("start job", err)
	}
	return nil
}
