package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	return api.GrantsOf(s, op, input)
}

// grants is Grants by the input, after the Service Authorization Reference: one grant for each
// table or index that is touched, and for transactions one for each action's kind.
func (s *Service) grants(op string, input any) []awsapi.Grant {
	switch in := input.(type) {
	case *getInput:
		return tableGrant(op, in.TableName, parameter{})
	case *writeInput:
		return tableGrant(op, in.TableName, parameter{})
	case *queryInput:
		return tableGrant(op, in.TableName, in.IndexName)
	case *scanInput:
		return tableGrant(op, in.TableName, in.IndexName)
	case *transactWriteInput:
		return in.grants()
	case *transactGetInput:
		return in.grants()
	case *batchGetInput:
		return batchGrants(op, in.RequestItems)
	case *batchWriteInput:
		return batchGrants(op, in.RequestItems)
	case *listTablesInput, *listStreamsInput:
		return []awsapi.Grant{{Action: "dynamodb:" + op, Resource: "*"}}
	}
	return managementGrant(op, input)
}

func tableGrant(op string, table, index parameter) []awsapi.Grant {
	resource := tableARN(bareName(table.text))
	if index.text != "" {
		resource += "/index/" + index.text
	}
	return []awsapi.Grant{{Action: "dynamodb:" + op, Resource: resource}}
}

func batchGrants[R any](op string, requests map[string]R) []awsapi.Grant {
	var g grants
	for name := range requests {
		g.add("dynamodb:"+op, tableARN(bareName(name)))
	}
	return g.list
}

// managementGrant is that of an operation on a table or a stream itself.
func managementGrant(op string, input any) []awsapi.Grant {
	var in struct{ TableName, StreamArn, ShardIterator, ResourceArn string }
	awsapi.Members(&in, input)
	resource := tableARN(bareName(in.TableName))
	switch {
	case op == "GetRecords":
		resource = iteratorARN(in.ShardIterator)
	case in.StreamArn != "":
		resource = in.StreamArn
	case in.ResourceArn != "":
		resource = in.ResourceArn
	}
	return []awsapi.Grant{{Action: "dynamodb:" + op, Resource: resource}}
}

// transactActions are the IAM actions of the actions of transactions that write.
var transactActions = [...]string{
	putWrite: "dynamodb:PutItem", updateWrite: "dynamodb:UpdateItem", deleteWrite: "dynamodb:DeleteItem", checkWrite: "dynamodb:ConditionCheckItem",
}

func (in *transactWriteInput) grants() []awsapi.Grant {
	var g grants
	for _, item := range in.TransactItems {
		for kind, action := range item.actions() {
			if action != nil {
				g.add(transactActions[kind], tableARN(bareName(action.TableName.text)))
			}
		}
	}
	return g.list
}

func (in *transactGetInput) grants() []awsapi.Grant {
	var g grants
	for _, item := range in.TransactItems {
		if item.Get != nil {
			g.add("dynamodb:GetItem", tableARN(bareName(item.Get.TableName.text)))
		}
	}
	return g.list
}

// grants is a list without duplicates.
type grants struct{ list []awsapi.Grant }

func (g *grants) add(action, resource string) {
	grant := awsapi.Grant{Action: action, Resource: resource}
	for _, have := range g.list {
		if have == grant {
			return
		}
	}
	g.list = append(g.list, grant)
}

// iteratorARN is the stream that a shard iterator is on; the iterator begins with it.
func iteratorARN(iterator string) string {
	arn, _, _ := strings.Cut(iterator, "|")
	return arn
}
