package asl

import (
	"slices"
	"strings"
)

// resource identifies what a task calls.
type resource struct {
	kind    string // "lambda", "aws-sdk:sfn", LambdaFunction or activityKind
	action  string // "invoke"; a function's ARN
	pattern string // RequestResponse, WaitForTaskToken, Sync or Sync2
}

const activityKind = "activity"

// performed lists the integrations that this engine's standard host performs, by pattern.
var performed = map[string]map[string][]string{
	RequestResponse: {
		"lambda":      {"invoke"},
		"sns":         {"publish"},
		"sqs":         {"sendMessage"},
		"events":      {"putEvents"},
		"dynamodb":    {"getItem", "putItem", "updateItem", "deleteItem"},
		"states":      {"startExecution"},
		"aws-sdk:sfn": {"startExecution", "redriveExecution"},
	},
	WaitForTaskToken: {
		"lambda": {"invoke"},
		"sns":    {"publish"},
		"sqs":    {"sendMessage"},
		"events": {"putEvents"},
		"states": {"startExecution"},
	},
	Sync:  {"states": {"startExecution"}},
	Sync2: {"states": {"startExecution"}},
}

// patterns lists the optimized integrations that AWS supports with patterns other than
// request-response. An SDK integration can wait for a task token. Source: AWS Step Functions
// developer guide, "Integrating optimized services".
var patterns = map[string][]string{
	WaitForTaskToken: {"apigateway", "bedrock", "ecs", "events", "lambda", "sns", "sqs", "states"},
	Sync: {
		"athena", "batch", "bedrock", "codebuild", "databrew", "ecs", "eks", "elasticmapreduce", "emr-containers",
		"emr-serverless", "glue",
		"mediaconvert", "sagemaker", "states",
	},
	Sync2: {"states"},
}

// optimized lists the optimized integrations of AWS. Source: AWS Step Functions developer guide,
// "Integrating optimized services".
var optimized = map[string][]string{
	"apigateway": {"invoke"},
	"athena":     {"startQueryExecution", "stopQueryExecution", "getQueryExecution", "getQueryResults"},
	"batch":      {"submitJob"},
	"bedrock":    {"invokeModel", "createModelCustomizationJob"},
	"codebuild": {"startBuild", "stopBuild", "batchDeleteBuilds", "batchGetReports", "startBuildBatch",
		"stopBuildBatch", "retryBuildBatch", "deleteBuildBatch"},
	"databrew": {"startJobRun"},
	"dynamodb": {"getItem", "putItem", "updateItem", "deleteItem"},
	"ecs":      {"runTask"},
	"eks": {"call", "runJob", "createCluster", "deleteCluster", "createFargateProfile",
		"deleteFargateProfile", "createNodegroup", "deleteNodegroup"},
	"elasticmapreduce": {"createCluster", "terminateCluster", "addStep", "cancelStep",
		"setClusterTerminationProtection", "modifyInstanceFleetByName", "modifyInstanceGroupByName"},
	"emr-containers": {"createVirtualCluster", "deleteVirtualCluster", "startJobRun"},
	"emr-serverless": {"createApplication", "startApplication", "stopApplication", "deleteApplication",
		"startJobRun", "cancelJobRun"},
	"events":       {"putEvents"},
	"glue":         {"startJobRun"},
	"http":         {"invoke"},
	"lambda":       {"invoke"},
	"mediaconvert": {"createJob"},
	"sagemaker": {"createEndpoint", "createEndpointConfig", "createHyperParameterTuningJob", "createLabelingJob",
		"createModel", "createProcessingJob", "createTrainingJob", "createTransformJob", "updateEndpoint"},
	"sns":       {"publish"},
	"sqs":       {"sendMessage"},
	"states":    {"startExecution"},
	"evidently": {"getTreatment"},
}

// parseResource parses an ARN:
//
//	arn:aws:states:::lambda:invoke.waitForTaskToken
//	arn:aws:states:::aws-sdk:sfn:redriveExecution
//	arn:aws:lambda:us-east-1:123456789012:function:Charge
func parseResource(arn string) (resource, bool) {
	f := strings.SplitN(arn, ":", 6)
	if len(f) < 6 || f[0] != "arn" || f[1] == "" {
		return resource{}, false
	}
	switch {
	case f[2] == "lambda" && strings.HasPrefix(f[5], "function:") && len(f[5]) > len("function:"):
		return resource{LambdaFunction, arn, RequestResponse}, true
	case f[2] == "states" && strings.HasPrefix(f[5], "activity:"):
		return resource{activityKind, arn, RequestResponse}, true
	case f[2] != "states" || f[3] != "" || f[4] != "":
		return resource{}, false
	}
	return parseIntegration(f[5])
}

func parseIntegration(text string) (resource, bool) {
	r := resource{pattern: RequestResponse}
	at := strings.Index(text, ":")
	sdk := strings.HasPrefix(text, "aws-sdk:")
	if sdk {
		next := strings.Index(text[at+1:], ":")
		if next < 0 {
			return r, false
		}
		at += 1 + next
	}
	if at < 0 {
		return r, false
	}
	r.kind = text[:at]
	action, pattern, has := strings.Cut(text[at+1:], ".")
	if r.action = action; has {
		r.pattern = pattern
	}
	if sdk {
		return r, action != "" && (!has || pattern == WaitForTaskToken)
	}
	return r, slices.Contains(optimized[r.kind], action) && (!has || slices.Contains(patterns[pattern], r.kind))
}

// performed reports whether the standard host performs the integration.
func (r resource) performed() bool {
	return r.kind == LambdaFunction || slices.Contains(performed[r.pattern][r.kind], r.action)
}
