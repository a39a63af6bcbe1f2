package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
)

// settle bounds how long a test waits; nothing is measured against it.
const settle = 90 * time.Second

// options of a stack over testdata/template.yaml with the handlers below, in memory.
func options(t *testing.T) local.Options {
	t.Helper()
	template, err := os.ReadFile("testdata/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return local.Options{Template: template, Definitions: os.DirFS("testdata"), StackName: "shop", InMemory: true,
		Factory: handlers}
}

func open(t *testing.T, o local.Options) *local.Stack {
	t.Helper()
	s, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func start(t *testing.T, o local.Options) *local.Stack {
	t.Helper()
	s := open(t, o)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// handlers are the functions of testdata/template.yaml.
func handlers(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
	db, bus, machines, topics := dynamodb.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg), sfn.NewFromConfig(cfg),
		sns.NewFromConfig(cfg)
	var f any
	switch fn.Handler {
	case "write":
		f = func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			if r.RawPath == "/healthz" {
				return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "ok"}, nil
			}
			err := put(ctx, db, fn.Env["TABLE"], r.PathParameters["id"])
			return events.APIGatewayV2HTTPResponse{StatusCode: 202}, err
		}
	case "publish":
		f = func(ctx context.Context, e events.DynamoDBEvent) error {
			for _, r := range e.Records {
				out, err := bus.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
					EventBusName: aws.String(fn.Env["BUS"]), Source: aws.String("shop"),
					DetailType: aws.String("Note Written"),
					Detail:     aws.String(fmt.Sprintf(`{"id":%q}`, r.Change.Keys["id"].String())),
				}}})
				if err != nil || out.FailedEntryCount != 0 {
					return fmt.Errorf("put events: %w %+v", err, out)
				}
			}
			return nil
		}
	case "begin":
		f = func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			for _, r := range e.Records {
				var note struct{ ID string }
				if err := json.Unmarshal([]byte(r.Body), &note); err != nil {
					return events.SQSEventResponse{}, err
				}
				_, err := machines.StartExecution(ctx, &sfn.StartExecutionInput{
					StateMachineArn: aws.String(fn.Env["MACHINE"]), Name: aws.String(note.ID), Input: aws.String(r.Body)})
				// A message may arrive twice, and its execution may have ended already.
				if _, started := errors.AsType[*sfntypes.ExecutionAlreadyExists](err); err != nil && !started {
					return events.SQSEventResponse{}, err
				}
			}
			return events.SQSEventResponse{}, nil
		}
	case "check":
		f = func(context.Context, json.RawMessage) (string, error) { return "checked", nil }
	case "finish":
		f = func(ctx context.Context, note struct{ ID string }) error {
			_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String(fn.Env["TABLE"]), Key: key(note.ID),
				UpdateExpression: aws.String("SET done = :yes ADD finished :one"),
				ExpressionAttributeValues: map[string]types.AttributeValue{
					":yes": &types.AttributeValueMemberBOOL{Value: true}, ":one": &types.AttributeValueMemberN{Value: "1"}}})
			return err
		}
	case "tell":
		f = func(ctx context.Context, e events.CloudWatchEvent) error {
			_, err := topics.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(fn.Env["TOPIC"]),
				Message: aws.String(string(e.Detail)), Subject: aws.String("ended")})
			return err
		}
	default:
		return nil, fmt.Errorf("no handler %q", fn.Handler)
	}
	return awslambda.NewHandler(f), nil
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

func put(ctx context.Context, db *dynamodb.Client, table, id string) error {
	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: key(id)})
	return err
}

// done reports whether a note has completed the whole flow, and how often its last step ran.
func done(t *testing.T, s *local.Stack, id string) (bool, string) {
	t.Helper()
	out, err := dynamodb.NewFromConfig(s.Config("")).GetItem(t.Context(),
		&dynamodb.GetItemInput{TableName: aws.String("shop-notes"), Key: key(id)})
	if err != nil {
		t.Fatal(err)
	}
	times := ""
	if n, ok := out.Item["finished"].(*types.AttributeValueMemberN); ok {
		times = n.Value
	}
	_, ok := out.Item["done"]
	return ok, times
}

// until polls a condition, which what names in the failure.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(settle)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within %v", what, settle)
		}
	}
}
