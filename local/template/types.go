package template

import (
	"encoding/json"
	"time"
)

// Function is an AWS::Serverless::Function or AWS::Lambda::Function.
type Function struct {
	LogicalID, Name, ARN string
	Handler, Runtime     string
	Description          string
	Env                  map[string]string
	Timeout              time.Duration
	MemoryMB             int
	ReservedConcurrency  *int // nil: unreserved
	Role                 string
	Async                AsyncConfig
}

// AsyncConfig is what happens to asynchronous invocations that fail. Nil and zero are Lambda's
// defaults (two retries, six hours).
type AsyncConfig struct {
	MaxRetries           *int
	MaxEventAge          time.Duration
	OnFailure, OnSuccess string // ARNs
	DeadLetter           string // ARN of the function's dead-letter queue
}

// StateMachine is a state machine with its substitutions applied.
type StateMachine struct {
	LogicalID, Name, ARN string
	Type                 string // STANDARD or EXPRESS
	Definition           string // Amazon States Language, JSON
	DefinitionFile       string // where it was read from; empty if it stands in the template
	Role, RoleARN        string
}

// Table is a DynamoDB table.
type Table struct {
	LogicalID, Name, ARN string
	StreamARN            string          // empty: no stream
	Create               json.RawMessage // the input of CreateTable, and TimeToLiveSpecification
	TTLAttribute         string          // empty: no time to live
}

// Queue is an SQS queue. Attributes are those of CreateQueue, RedrivePolicy included.
type Queue struct {
	LogicalID, Name, ARN, URL string
	Attributes                map[string]string
	FIFO                      bool
}

// ResourcePolicy is a policy document on resources: of queues (URLs), topics (ARNs) or buses
// (names).
type ResourcePolicy struct {
	LogicalID string
	Resources []string
	Document  json.RawMessage
}

// Topic is an SNS topic.
type Topic struct {
	LogicalID, Name, ARN string
	DisplayName          string
}

// Subscription of a topic. Attributes are those of Subscribe: FilterPolicy, RawMessageDelivery,
// RedrivePolicy ...
type Subscription struct {
	LogicalID, TopicARN, Protocol, Endpoint string
	Attributes                              map[string]string
}

// EventBus is a custom event bus.
type EventBus struct{ LogicalID, Name, ARN string }

// Rule is an EventBridge rule with its targets; exactly one of Pattern and Schedule is set.
type Rule struct {
	LogicalID, Name, ARN string
	Bus                  string // name
	Description          string
	Pattern              json.RawMessage
	Schedule             string
	Enabled              bool
	Targets              []Target
}

// Target of a rule. Input, InputPath and Transformer exclude each other.
type Target struct {
	ID, ARN       string
	RoleARN       string
	Input         string
	InputPath     string
	Transformer   *InputTransformer
	DeadLetterARN string
	Retry         *RetryPolicy
	// MessageGroupID for a FIFO queue.
	MessageGroupID string
}

// InputTransformer as EventBridge has it.
type InputTransformer struct {
	Paths    map[string]string
	Template string
}

// RetryPolicy of a target; nil members are EventBridge's defaults (24 hours, 185 attempts).
type RetryPolicy struct {
	MaxEventAge *time.Duration
	MaxAttempts *int
}

// EventSourceMapping polls a queue or a stream for a function. Zero and nil are Lambda's defaults.
type EventSourceMapping struct {
	LogicalID, Function string // Function is its name
	Kind                string // "sqs" or "dynamodb"
	SourceARN           string
	BatchSize           int
	Window              time.Duration
	PartialResponses    bool // ReportBatchItemFailures
	Filters             []string
	MaxConcurrency      int
	StartingPosition    string
	MaxRetries          *int // nil or -1: without end
	MaxRecordAge        time.Duration
	Bisect              bool
	Parallelization     int
	OnFailure           string // ARN
	Enabled             bool
}

// Permission lets a principal invoke a function.
type Permission struct {
	LogicalID, Function string
	Principal, Action   string
	SourceARN           string
	SAM                 bool // SAM adds it: it is not in the template
}

// HTTPAPI is an API Gateway HTTP API.
type HTTPAPI struct {
	LogicalID, ID, Name string
	Stage               string
	Authorizers         []JWTAuthorizer
	CORS                *CORS
	Throttle            Throttle // of every route that has none of its own
	Routes              []Route
}

// JWTAuthorizer checks the token of a request.
type JWTAuthorizer struct {
	Name, Issuer   string
	Audience       []string
	IdentitySource string // "$request.header.Authorization"
}

// Throttle in requests per second and burst; zero is unlimited (the account's limit).
type Throttle struct {
	Rate  float64
	Burst int
}

// Route of an HTTP API. Key is "GET /orders/{orderId}" or "$default".
type Route struct {
	Key        string
	Function   string // name
	Authorizer string // empty: open
	Scopes     []string
	Throttle   Throttle
	Timeout    time.Duration
}

// CORS configuration of an HTTP API.
type CORS struct {
	Origins, Methods, Headers, Expose []string
	MaxAge                            int
	Credentials                       bool
}

// UserPool is a Cognito user pool and what the tokens of its users may contain.
type UserPool struct {
	LogicalID, ID, ARN, Name string
	Issuer                   string
	Groups                   []string
	Scopes                   []string // of its resource servers: "orders/read"
}

// UserPoolClient is an app client: a token's audience.
type UserPoolClient struct {
	LogicalID, ID, Name, UserPool string // UserPool is the pool's id
	Scopes                        []string
}

// Role with the policies that decide what its bearer may do.
type Role struct {
	LogicalID, Name, ARN string
	Services             []string // principals that may assume it: "lambda.amazonaws.com"
	Policies             []Policy
}

// Policy is an identity policy.
type Policy struct {
	Name     string // its place: "PublishFunction/Policies/1 DynamoDBReadPolicy"
	Document json.RawMessage
	// AWS reports that the policy is not written in the template: SAM or AWS adds it, so that the
	// template is not at fault if it is wide.
	AWS bool
}
