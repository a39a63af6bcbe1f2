package template

import (
	"slices"
	"strings"
	"time"
)

const functionHonoured = "FunctionName Handler Runtime Description Timeout MemorySize Environment Role Policies Events " +
	"ReservedConcurrentExecutions EventInvokeConfig DeadLetterQueue DeadLetterConfig"

var functionHarmless = map[string]string{
	"CodeUri": "handlers run in process, or as the bootstrap that the command line names", "Code": "handlers run in process",
	"InlineCode": "handlers run in process", "PackageType": "handlers run in process",
	"Architectures": "handlers run on this machine's processor", "Tracing": "nothing traces on one machine",
	"TracingConfig": "nothing traces on one machine", "LoggingConfig": "logs go to the terminal",
	"Tags": "nothing reads tags", "KmsKeyArn": "data on one machine is not encrypted by KMS",
	"PropagateTags":       "nothing reads tags",
	"PermissionsBoundary": "the role's policies alone decide", "RolePath": "the role's name alone counts",
	"VersionDescription": "there are no versions", "EphemeralStorage": "the machine's own temporary folder is used",
	"CodeSigningConfigArn": "the code is this program's", "RuntimeManagementConfig": "there is no managed runtime",
	"AssumeRolePolicyDocument": "Lambda may always assume the role",
}

// function describes a function, its role and its event sources.
func (l *loader) function(p props) {
	p.known(functionHonoured, functionHarmless)
	name := l.name(p.r)
	f := Function{
		LogicalID: p.r.id, Name: name, ARN: arn("lambda", "function:"+name),
		Handler: p.required("Handler"), Runtime: p.text("Runtime"), Description: p.text("Description"),
		Env:                 p.environment(),
		Timeout:             p.seconds("Timeout", 3, 1, 900),
		MemoryMB:            p.between("MemorySize", 128, 128, 10240),
		ReservedConcurrency: p.optional("ReservedConcurrentExecutions"),
		Role:                l.bearer(p, "lambda.amazonaws.com"),
		Async:               p.sub("EventInvokeConfig").async(),
	}
	dead := p.sub("DeadLetterQueue")
	if p.has("DeadLetterConfig") {
		dead = p.sub("DeadLetterConfig")
	}
	f.Async.DeadLetter = dead.text("TargetArn")
	l.out.Functions = append(l.out.Functions, f)
	if p.r.typ == "AWS::Serverless::Function" {
		l.functionEvents(p, f)
		destinations := p.sub("EventInvokeConfig").sub("DestinationConfig")
		l.grantDestination(p.r.id+"Role", destinations.sub("OnFailure"))
		l.grantDestination(p.r.id+"Role", destinations.sub("OnSuccess"))
	}
}

func (p props) environment() map[string]string {
	env, vars := map[string]string{}, p.sub("Environment").sub("Variables")
	for _, k := range sortedKeys(vars.m) {
		env[k] = vars.text(k)
		if strings.Contains(env[k], "{{resolve:") {
			vars.unhonoured(k, "dynamic references are not resolved: the function sees the text as it stands", true)
		}
	}
	return env
}

func (p props) async() AsyncConfig {
	p.known("MaximumEventAgeInSeconds MaximumRetryAttempts DestinationConfig FunctionName Qualifier", nil)
	c := AsyncConfig{MaxEventAge: p.seconds("MaximumEventAgeInSeconds", 0, 60, 21600)}
	if p.has("MaximumRetryAttempts") {
		n := p.between("MaximumRetryAttempts", 2, 0, 2)
		c.MaxRetries = &n
	}
	d := p.sub("DestinationConfig")
	c.OnFailure = d.sub("OnFailure").text("Destination")
	c.OnSuccess = d.sub("OnSuccess").text("Destination")
	return c
}

// eventInvokeConfig is an AWS::Lambda::EventInvokeConfig: it is added to the function that it
// names.
func (l *loader) eventInvokeConfig(p props) {
	function, c := lastPart(p.required("FunctionName")), p.async()
	l.later = append(l.later, func() {
		for i := range l.out.Functions {
			if f := &l.out.Functions[i]; f.Name == function {
				c.DeadLetter = f.Async.DeadLetter
				f.Async = c
				return
			}
		}
		p.fail("FunctionName", "no function is called %q", function)
	})
}

func (l *loader) permission(p props) {
	p.known("FunctionName Principal Action SourceArn", map[string]string{"SourceAccount": "there is one account"})
	l.out.Permissions = append(l.out.Permissions, Permission{
		LogicalID: p.r.id, Function: lastPart(p.required("FunctionName")), Principal: p.required("Principal"),
		Action: p.required("Action"), SourceARN: p.text("SourceArn"),
	})
}

// permit is the permission that SAM gives the source of an event.
func (l *loader) permit(id, function, principal, source string) {
	l.out.Permissions = append(l.out.Permissions, Permission{
		LogicalID: id + "Permission", Function: function, Principal: principal, Action: "lambda:InvokeFunction",
		SourceARN: source, SAM: true})
}

const mappingHonoured = "FunctionName EventSourceArn Queue Stream BatchSize MaximumBatchingWindowInSeconds Enabled " +
	"FunctionResponseTypes FilterCriteria ScalingConfig StartingPosition MaximumRetryAttempts MaximumRecordAgeInSeconds " +
	"BisectBatchOnFunctionError ParallelizationFactor DestinationConfig"

var mappingHarmless = map[string]string{
	"KmsKeyArn": "data on one machine is not encrypted by KMS", "Tags": "nothing reads tags",
	"MetricsConfig": "there are no CloudWatch metrics on one machine",
}

// mapping is an AWS::Lambda::EventSourceMapping.
func (l *loader) mapping(p props) {
	l.addMapping(p, p.r.id, lastPart(p.required("FunctionName")), p.required("EventSourceArn"))
}

// addMapping describes an event source mapping from its own resource or from a function's event:
// the properties have the same names.
func (l *loader) addMapping(p props, id, function, source string) {
	p.known(mappingHonoured, mappingHarmless)
	m := EventSourceMapping{
		LogicalID: id, Function: function, SourceARN: source, Kind: service(source),
		Window:           p.seconds("MaximumBatchingWindowInSeconds", 0, 0, 300),
		PartialResponses: slices.Contains(p.texts("FunctionResponseTypes"), "ReportBatchItemFailures"),
		MaxConcurrency:   p.sub("ScalingConfig").between("MaximumConcurrency", 0, 2, 1000),
		StartingPosition: p.text("StartingPosition"),
		MaxRetries:       p.optional("MaximumRetryAttempts"),
		MaxRecordAge:     time.Duration(max(0, p.between("MaximumRecordAgeInSeconds", -1, -1, 604800))) * time.Second,
		Bisect:           p.boolean("BisectBatchOnFunctionError", false),
		Parallelization:  p.between("ParallelizationFactor", 1, 1, 10),
		OnFailure:        p.sub("DestinationConfig").sub("OnFailure").text("Destination"),
		Enabled:          p.boolean("Enabled", true),
	}
	for _, f := range p.sub("FilterCriteria").objects("Filters") {
		m.Filters = append(m.Filters, string(f.json("Pattern")))
	}
	switch m.Kind {
	case "sqs":
		m.BatchSize = p.between("BatchSize", 10, 1, 10000)
		if m.BatchSize > 10 && m.Window < time.Second {
			p.fail("BatchSize", "more than 10 needs a batching window of at least a second")
		}
	case "dynamodb":
		m.BatchSize = p.between("BatchSize", 100, 1, 10000)
		if m.StartingPosition != "TRIM_HORIZON" && m.StartingPosition != "LATEST" {
			p.fail("StartingPosition", "is required for a stream: TRIM_HORIZON or LATEST")
		}
	default:
		p.fail("", "the local stack has no event source %s", source)
	}
	l.out.Mappings = append(l.out.Mappings, m)
}

// service is the service of an ARN: "arn:aws:sqs:..." -> "sqs".
func service(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[2]
}
