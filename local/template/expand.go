package template

import (
	"cmp"
	"slices"
	"strings"
)

// expanders turn the resources of a type into descriptions.
var expanders map[string]func(*loader, props)

func init() { // a literal would refer to itself through the methods
	expanders = map[string]func(*loader, props){
		"AWS::Serverless::Function":                  (*loader).function,
		"AWS::Lambda::Function":                      (*loader).function,
		"AWS::Lambda::EventSourceMapping":            (*loader).mapping,
		"AWS::Lambda::Permission":                    (*loader).permission,
		"AWS::Lambda::EventInvokeConfig":             (*loader).eventInvokeConfig,
		"AWS::Serverless::StateMachine":              (*loader).stateMachine,
		"AWS::StepFunctions::StateMachine":           (*loader).stateMachine,
		"AWS::DynamoDB::Table":                       (*loader).table,
		"AWS::Serverless::SimpleTable":               (*loader).simpleTable,
		"AWS::SQS::Queue":                            (*loader).queue,
		"AWS::SQS::QueuePolicy":                      (*loader).queuePolicy,
		"AWS::SNS::Topic":                            (*loader).topic,
		"AWS::SNS::TopicPolicy":                      (*loader).topicPolicy,
		"AWS::SNS::Subscription":                     (*loader).subscription,
		"AWS::SES::ConfigurationSet":                 (*loader).configurationSet,
		"AWS::SES::ConfigurationSetEventDestination": (*loader).emailDestination,
		"AWS::Events::EventBus":                      (*loader).bus,
		"AWS::Events::EventBusPolicy":                (*loader).busPolicy,
		"AWS::Events::Rule":                          (*loader).rule,
		"AWS::Serverless::HttpApi":                   (*loader).httpAPI,
		"AWS::Cognito::UserPool":                     (*loader).userPool,
		"AWS::Cognito::UserPoolClient":               (*loader).userPoolClient,
		"AWS::Cognito::UserPoolGroup":                (*loader).userPoolGroup,
		"AWS::Cognito::UserPoolResourceServer":       (*loader).resourceServer,
		"AWS::IAM::Role":                             (*loader).role,
		"AWS::IAM::Policy":                           (*loader).policy,
		"AWS::IAM::ManagedPolicy":                    (*loader).policy,
	}
}

// harmlessTypes have no effect on one machine: what they protect, watch or serve does not exist
// here, or is done in another way.
var harmlessTypes = map[string]string{
	"AWS::CloudWatch::Alarm":                      "nothing watches metrics on one machine",
	"AWS::CloudWatch::CompositeAlarm":             "nothing watches metrics on one machine",
	"AWS::CloudWatch::Dashboard":                  "there are no CloudWatch metrics on one machine",
	"AWS::CloudFront::CachePolicy":                "no CloudFront in front of one machine",
	"AWS::CloudFront::Distribution":               "no CloudFront in front of one machine",
	"AWS::CloudFront::OriginRequestPolicy":        "no CloudFront in front of one machine",
	"AWS::CloudFront::ResponseHeadersPolicy":      "no CloudFront in front of one machine",
	"AWS::Cognito::UserPoolDomain":                "tokens come from the embedded issuer",
	"AWS::Cognito::UserPoolUser":                  "tokens come from the embedded issuer",
	"AWS::Cognito::UserPoolUserToGroupAttachment": "tokens come from the embedded issuer",
	"AWS::IAM::ServiceLinkedRole":                 "no service assumes it on one machine",
	"AWS::KMS::Alias":                             "data on one machine is not encrypted by KMS",
	"AWS::KMS::Key":                               "data on one machine is not encrypted by KMS",
	"AWS::Logs::LogGroup":                         "logs go to the terminal",
	"AWS::Logs::MetricFilter":                     "there are no CloudWatch metrics on one machine",
	"AWS::Logs::QueryDefinition":                  "logs go to the terminal",
	"AWS::Logs::ResourcePolicy":                   "logs go to the terminal",
	"AWS::SSM::Parameter":                         "no function reads it through the local stack",
	"AWS::SecretsManager::Secret":                 "secrets come from the command line's own configuration",
	"AWS::SecretsManager::RotationSchedule":       "secrets come from the command line's own configuration",
	"AWS::ApiGatewayV2::ApiMapping":               "the API answers on a loopback port",
	"AWS::ApiGatewayV2::DomainName":               "the API answers on a loopback port",
	"AWS::CertificateManager::Certificate":        "the API answers on a loopback port",
	"AWS::Route53::RecordSet":                     "the API answers on a loopback port",
	"AWS::S3::Bucket":                             "nothing is stored in S3 on one machine",
	"AWS::S3::BucketPolicy":                       "nothing is stored in S3 on one machine",
	"AWS::WAFv2::WebACL":                          "no WAF in front of one machine",
	"AWS::WAFv2::WebACLAssociation":               "no WAF in front of one machine",
	"AWS::XRay::Group":                            "nothing traces on one machine",
	"AWS::XRay::SamplingRule":                     "nothing traces on one machine",
}

// expand describes every resource, or lists it as not honoured. The properties of the latter are
// resolved too: a broken reference is an error in any resource.
func (l *loader) expand() {
	for _, id := range l.ids() {
		r := l.resources[id]
		p := l.props(r)
		if f, ok := expanders[r.typ]; ok {
			f(l, p)
			continue
		}
		why, harmless := harmlessTypes[r.typ]
		if !harmless {
			why = "the local stack does not run this type"
		}
		l.unhonoured(r.n, id, r.typ, "", why, !harmless)
	}
	for _, id := range sortedKeys(l.implicit) {
		if r := l.implicit[id]; r.typ == "AWS::Serverless::HttpApi" {
			l.httpAPI(l.props(r))
		}
	}
	l.attach()
}

// attach adds routes, groups and inline policies that other resources declare.
func (l *loader) attach() {
	for _, r := range l.routes {
		l.attachRoute(r)
	}
	for _, f := range l.later {
		f()
	}
}

func (l *loader) sort() {
	t := l.out
	sortBy(t.Functions, func(f Function) string { return f.LogicalID })
	sortBy(t.Roles, func(r Role) string { return r.LogicalID })
	sortBy(t.Rules, func(r Rule) string { return r.LogicalID })
	sortBy(t.Mappings, func(m EventSourceMapping) string { return m.LogicalID })
	sortBy(t.Permissions, func(p Permission) string { return p.LogicalID })
	sortBy(t.Subscriptions, func(s Subscription) string { return s.LogicalID })
	for i := range t.APIs {
		sortBy(t.APIs[i].Routes, func(r Route) string { return r.Key })
	}
	slices.SortStableFunc(t.Unhonoured, func(a, b Unhonoured) int {
		return cmp.Or(cmp.Compare(a.LogicalID, b.LogicalID), strings.Compare(a.Property, b.Property))
	})
}

func sortBy[T any](list []T, key func(T) string) {
	slices.SortStableFunc(list, func(a, b T) int { return strings.Compare(key(a), key(b)) })
}
