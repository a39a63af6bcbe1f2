package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Grants implements awsapi.Service, after the Service Authorization Reference: one grant for each
// table or index that is touched, and for transactions one for each action's kind.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	switch op {
	case "TransactWriteItems", "TransactGetItems":
		return transactGrants(input)
	case "BatchGetItem", "BatchWriteItem":
		var in struct{ RequestItems map[string]json.RawMessage }
		if json.Unmarshal(input, &in) != nil {
			return nil
		}
		var g grants
		for name := range in.RequestItems {
			g.add("dynamodb:"+op, tableARN(bareName(name)))
		}
		return g.list
	case "ListTables", "ListStreams":
		return []awsapi.Grant{{Action: "dynamodb:" + op, Resource: "*"}}
	}
	var in struct{ TableName, IndexName, StreamArn, ShardIterator, ResourceArn string }
	if json.Unmarshal(input, &in) != nil {
		return nil
	}
	resource := tableARN(bareName(in.TableName))
	switch {
	case op == "GetRecords":
		resource = iteratorARN(in.ShardIterator)
	case in.StreamArn != "":
		resource = in.StreamArn
	case in.ResourceArn != "":
		resource = in.ResourceArn
	case in.IndexName != "" && (op == "Query" || op == "Scan"):
		resource += "/index/" + in.IndexName
	}
	return []awsapi.Grant{{Action: "dynamodb:" + op, Resource: resource}}
}

// transactActions are the IAM actions of the actions of transactions.
var transactActions = map[string]string{
	"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem",
	"ConditionCheck": "dynamodb:ConditionCheckItem", "Get": "dynamodb:GetItem",
}

func transactGrants(input json.RawMessage) []awsapi.Grant {
	var in struct {
		TransactItems []map[string]*struct{ TableName string }
	}
	if json.Unmarshal(input, &in) != nil {
		return nil
	}
	var g grants
	for _, item := range in.TransactItems {
		for kind, target := range item {
			if action := transactActions[kind]; action != "" && target != nil {
				g.add(action, tableARN(bareName(target.TableName)))
			}
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
