package sdk_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func str(s string) *string { return &s }

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

func key(id string) item { return item{"id": s(id)} }

func dynamodbTables() []call {
	table := func(name string) *dynamodb.CreateTableInput {
		return &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
			KeySchema: []types.KeySchemaElement{{AttributeName: str("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: str("id"), AttributeType: "S"},
				{AttributeName: str("kind"), AttributeType: "S"}, {AttributeName: str("at"), AttributeType: "N"}},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: str("by-kind"),
				Projection: &types.Projection{ProjectionType: "ALL"},
				KeySchema: []types.KeySchemaElement{{AttributeName: str("kind"), KeyType: "HASH"},
					{AttributeName: str("at"), KeyType: "RANGE"}}}}}
	}
	return []call{do("create table", db, (*dynamodb.Client).CreateTable, table("orders")),
		do("create a table that is denied", db, (*dynamodb.Client).CreateTable, table("secret"))}
}

// everyKind is an item with an attribute of every type.
func everyKind(id string) item {
	return item{
		"id": s(id), "kind": s("every"), "at": n("1.50"), "s": s("ü<&>\u2028\""), "empty": s(""),
		"n": n("-12.340e5"), "b": &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"no bytes": &types.AttributeValueMemberB{Value: []byte{}},
		"true":     &types.AttributeValueMemberBOOL{Value: true}, "false": &types.AttributeValueMemberBOOL{},
		"null": &types.AttributeValueMemberNULL{Value: true},
		"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{s("a"), n("1"),
			&types.AttributeValueMemberM{Value: item{}}}},
		"no list": &types.AttributeValueMemberL{Value: []types.AttributeValue{}},
		"map":     &types.AttributeValueMemberM{Value: item{"deep": &types.AttributeValueMemberM{Value: item{"x": s("y")}}}},
		"ss": &types.AttributeValueMemberSS{Value: []string{"b",
			"a"}}, "ns": &types.AttributeValueMemberNS{Value: []string{"10", "9.0"}},
		"bs": &types.AttributeValueMemberBS{Value: [][]byte{{2}, {1}, {}}},
	}
}

// nested is a list within lists.
func nested(depth int) types.AttributeValue {
	if depth == 0 {
		return s("x")
	}
	return &types.AttributeValueMemberL{Value: []types.AttributeValue{nested(depth - 1)}}
}

func put(table string, it item) *dynamodb.PutItemInput {
	return &dynamodb.PutItemInput{TableName: &table, Item: it}
}

func dynamodbScript() []call {
	return append(dynamodbTables(), append(dynamodbItems(), append(dynamodbRefusals(), dynamodbMany()...)...)...)
}

func dynamodbItems() []call {
	get := func(id string) *dynamodb.GetItemInput {
		return &dynamodb.GetItemInput{TableName: str("orders"), Key: key(id)}
	}
	return []call{
		do("put every type", db, (*dynamodb.Client).PutItem, put("orders", everyKind("1"))),
		do("get every type", db, (*dynamodb.Client).GetItem, get("1")),
		do("get nothing", db, (*dynamodb.Client).GetItem, get("none")),
		do("get by ARN", db, (*dynamodb.Client).GetItem,
			&dynamodb.GetItemInput{TableName: str("arn:aws:dynamodb:us-east-1:000000000000:table/orders"),
				Key:                      key("1"),
				ProjectionExpression:     str("#m.deep, list[1]"),
				ExpressionAttributeNames: map[string]string{"#m": "map"}, ConsistentRead: aws.Bool(true),
				ReturnConsumedCapacity: "INDEXES"}),
		do("put and return", db, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{TableName: str("orders"),
			Item:         item{"id": s("2"), "count": n("1")},
			ReturnValues: "ALL_OLD", ReturnConsumedCapacity: "TOTAL"}),
		do("put again and return", db, (*dynamodb.Client).PutItem,
			&dynamodb.PutItemInput{TableName: str("orders"), Item: item{"id": s("2"), "count": n("2")},
				ReturnValues: "ALL_OLD"}),
		do("update", db, (*dynamodb.Client).UpdateItem, &dynamodb.UpdateItemInput{TableName: str("orders"),
			Key: key("2"), UpdateExpression: str("ADD #c :one SET kind = :k, #at = :one"),
			ConditionExpression:      str("attribute_exists(id)"),
			ExpressionAttributeNames: map[string]string{"#c": "count", "#at": "at"},
			ExpressionAttributeValues: item{":one": n("1"),
				":k": s("every")}, ReturnValues: "ALL_NEW", ReturnConsumedCapacity: "INDEXES"}),
		do("update and return what changed", db, (*dynamodb.Client).UpdateItem,
			&dynamodb.UpdateItemInput{TableName: str("orders"), Key: key("3"), UpdateExpression: str("SET x = :x"),
				ExpressionAttributeValues: item{":x": n("1")}, ReturnValues: "UPDATED_OLD"}),
		do("delete", db, (*dynamodb.Client).DeleteItem, &dynamodb.DeleteItemInput{TableName: str("orders"),
			Key: key("3"), ReturnValues: "ALL_OLD"}),
		do("delete nothing", db, (*dynamodb.Client).DeleteItem,
			&dynamodb.DeleteItemInput{TableName: str("orders"), Key: key("3"), ReturnValues: "ALL_OLD"}),
		do("text that is not UTF-8", db, (*dynamodb.Client).PutItem, put("orders", item{"id": s("8"),
			"x": s("a\xffb")})),
		do("get text that was not UTF-8", db, (*dynamodb.Client).GetItem, get("8")),
	}
}

func dynamodbRefusals() []call {
	conditional := &dynamodb.PutItemInput{TableName: str("orders"), Item: everyKind("1"),
		ConditionExpression: str("attribute_not_exists(id)")}
	returned := *conditional
	returned.ReturnValuesOnConditionCheckFailure = "ALL_OLD"
	calls := []call{
		do("condition", db, (*dynamodb.Client).PutItem, conditional),
		do("condition, with the item", db, (*dynamodb.Client).PutItem, &returned),
		do("denied", db, (*dynamodb.Client).PutItem, put("secret", item{"id": s("1")})),
		do("denied in a batch", db, (*dynamodb.Client).BatchGetItem,
			&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"secret": {Keys: []item{key("1")}}}}),
		do("no table", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("none"), Key: key("1")}),
		do("refused by the client", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("orders")}),
		do("empty name", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str(""), Key: key("1")}),
		do("bad expression", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("orders"),
			Key: key("1"), ProjectionExpression: str("a b")}),
		do("value set of an enumeration", db, (*dynamodb.Client).GetItem,
			&dynamodb.GetItemInput{TableName: str("orders"), Key: key("1"), ReturnConsumedCapacity: "ALL"}),
		do("legacy parameter", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("orders"),
			Key: key("1"), AttributesToGet: []string{"id"}}),
		do("empty key", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("orders"), Key: item{}}),
		do("too large", db, (*dynamodb.Client).PutItem, put("orders", item{"id": s("1"),
			"x": s(strings.Repeat("x", 500_000))})),
	}
	for name, v := range map[string]types.AttributeValue{
		"no number": n("1x"), "many digits": n(strings.Repeat("1",
			39)), "empty set": &types.AttributeValueMemberSS{},
		"set with a double": &types.AttributeValueMemberNS{Value: []string{"1", "1.0"}},
		"false null":        &types.AttributeValueMemberNULL{}, "nil": nil, "nil list": &types.AttributeValueMemberL{},
		"nil map":   &types.AttributeValueMemberM{},
		"nil bytes": &types.AttributeValueMemberB{}, "depth 32": nested(32), "depth 33": nested(33),
		"depth 34":             nested(34),
		"empty attribute name": &types.AttributeValueMemberM{Value: item{"": s("x")}},
	} {
		if v != nil { // the SDK makes malformed JSON of it, in any order
			calls = append(calls, do("value: "+name, db, (*dynamodb.Client).PutItem, put("orders",
				item{"id": s("9"), "x": v})))
		}
		calls = append(calls, do("value: "+name+", in an expression", db, (*dynamodb.Client).UpdateItem,
			&dynamodb.UpdateItemInput{TableName: str("orders"), Key: key("9"),
				UpdateExpression: str("SET x = :x"), ExpressionAttributeValues: item{":x": v}}))
	}
	return calls
}

func dynamodbMany() []call {
	write := func(id string, condition *string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: str("orders"), Item: item{"id": s(id),
			"kind": s("t"), "at": n(id)}, ConditionExpression: condition,
			ReturnValuesOnConditionCheckFailure: "ALL_OLD"}}
	}
	transaction := func(token string, items ...types.TransactWriteItem) *dynamodb.TransactWriteItemsInput {
		return &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: &token,
			ReturnConsumedCapacity: "INDEXES"}
	}
	check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: str("orders"),
		Key: key("1"), ConditionExpression: str("attribute_exists(id)")}}
	query := func(change func(*dynamodb.QueryInput)) *dynamodb.QueryInput {
		in := &dynamodb.QueryInput{TableName: str("orders"), IndexName: str("by-kind"),
			KeyConditionExpression: str("kind = :k"), ExpressionAttributeValues: item{":k": s("t")}}
		change(in)
		return in
	}
	return []call{
		do("transaction", db, (*dynamodb.Client).TransactWriteItems, transaction("a", write("10", nil),
			write("11", nil), check)),
		do("transaction again", db, (*dynamodb.Client).TransactWriteItems, transaction("a", write("10", nil),
			write("11", nil), check)),
		do("other transaction, same token", db, (*dynamodb.Client).TransactWriteItems, transaction("a",
			write("12", nil))),
		do("cancelled", db, (*dynamodb.Client).TransactWriteItems, transaction("b", write("13", nil), write("10",
			str("attribute_not_exists(id)")))),
		do("two members", db, (*dynamodb.Client).TransactWriteItems, transaction("c",
			types.TransactWriteItem{Put: write("14", nil).Put, ConditionCheck: check.ConditionCheck})),
		do("no members", db, (*dynamodb.Client).TransactWriteItems, transaction("d", types.TransactWriteItem{})),
		do("transaction of a table that is denied", db, (*dynamodb.Client).TransactWriteItems, transaction("e",
			types.TransactWriteItem{Delete: &types.Delete{TableName: str("secret"), Key: key("1")}})),
		do("get all", db, (*dynamodb.Client).TransactGetItems,
			&dynamodb.TransactGetItemsInput{ReturnConsumedCapacity: "TOTAL", TransactItems: []types.TransactGetItem{
				{Get: &types.Get{TableName: str("orders"), Key: key("10"),
					ProjectionExpression: str("kind")}}, {Get: &types.Get{TableName: str("orders"),
					Key: key("none")}}}}),
		do("batch get", db, (*dynamodb.Client).BatchGetItem,
			&dynamodb.BatchGetItemInput{ReturnConsumedCapacity: "TOTAL",
				RequestItems: map[string]types.KeysAndAttributes{
					"orders": {Keys: []item{key("10"), key("none")}, ConsistentRead: aws.Bool(true)}}}),
		do("batch write", db, (*dynamodb.Client).BatchWriteItem,
			&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"orders": {
				{PutRequest: &types.PutRequest{Item: item{"id": s("20")}}},
				{DeleteRequest: &types.DeleteRequest{Key: key("21")}}}}}),
		do("query", db, (*dynamodb.Client).Query,
			query(func(in *dynamodb.QueryInput) { in.ReturnConsumedCapacity = "INDEXES" })),
		do("query a page", db, (*dynamodb.Client).Query, query(func(in *dynamodb.QueryInput) {
			in.Limit,
				in.ScanIndexForward = aws.Int32(1), aws.Bool(false)
		})),
		do("query the next page", db, (*dynamodb.Client).Query, query(func(in *dynamodb.QueryInput) {
			in.ExclusiveStartKey = item{"id": s("10"), "kind": s("t"), "at": n("10")}
		})),
		do("query from a wrong key", db, (*dynamodb.Client).Query,
			query(func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = key("10") })),
		do("query from an empty key", db, (*dynamodb.Client).Query,
			query(func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = item{} })),
		do("query with a filter", db, (*dynamodb.Client).Query, query(func(in *dynamodb.QueryInput) {
			in.FilterExpression, in.ExpressionAttributeValues = str("id = :i"), item{":k": s("t"), ":i": s("none")}
		})),
		do("count", db, (*dynamodb.Client).Query, query(func(in *dynamodb.QueryInput) { in.Select = "COUNT" })),
		do("query with limit 0", db, (*dynamodb.Client).Query,
			query(func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(0) })),
		do("scan", db, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: str("orders"), Limit: aws.Int32(3)}),
		do("scan a segment", db, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: str("orders"),
			Segment: aws.Int32(0), TotalSegments: aws.Int32(2), ProjectionExpression: str("id")}),
	}
}
