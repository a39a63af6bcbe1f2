package sdk_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// source makes random attributes. Those that are not sound may hold what DynamoDB refuses, and at
// most one attribute on each level: which of several DynamoDB refuses first is not defined.
type source struct {
	*rand.Rand
	sound bool
}

func (r source) text() string {
	letters := []string{"a", "b", "\"", "\\", "<>&", "é", "\u2028", "𝄞", "\n", "\x00", "\ufffd", "\xff"}
	if r.sound {
		letters = letters[:len(letters)-1]
	}
	out := ""
	for range r.IntN(6) {
		out += letters[r.IntN(len(letters))]
	}
	return out
}

func (r source) number() string {
	numbers := []string{"0", "-0", "1", "01", "1.50", "-1e5", "1E-130", "9.9e125",
		"12345678901234567890123456789012345678", "1e126", "x", ""}
	if r.sound {
		numbers = numbers[:len(numbers)-3]
	}
	return numbers[r.IntN(len(numbers))]
}

func many[E any](r source, element func() E) []E {
	out := make([]E, r.IntN(4))
	for i := range out {
		out[i] = element()
	}
	return out
}

// set is a set without duplicates, if it is sound.
func set[E any](r source, element func() E) []E {
	if r.sound {
		return []E{element()}
	}
	return many(r, element)
}

func (r source) bytes() []byte { return []byte(r.text()) }

func (r source) item(depth int) item {
	out, most := item{}, 2
	if r.sound {
		most = 5
	}
	for range r.IntN(most) {
		out["x"+r.text()] = r.value(depth)
	}
	return out
}

func (r source) value(depth int) types.AttributeValue {
	kinds := 10
	if depth == 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return n(r.number())
	case 1:
		return &types.AttributeValueMemberB{Value: r.bytes()}
	case 2:
		return &types.AttributeValueMemberBOOL{Value: r.IntN(2) == 0}
	case 3:
		return &types.AttributeValueMemberNULL{Value: r.sound || r.IntN(10) > 0}
	case 4:
		return &types.AttributeValueMemberSS{Value: set(r, r.text)}
	case 5:
		return &types.AttributeValueMemberNS{Value: set(r, r.number)}
	case 6:
		return &types.AttributeValueMemberBS{Value: set(r, r.bytes)}
	case 7:
		return s(r.text())
	case 8:
		return &types.AttributeValueMemberL{Value: many(r, func() types.AttributeValue { return r.value(depth - 1) })}
	}
	return &types.AttributeValueMemberM{Value: r.item(depth - 1)}
}

// TestWays_agreeOnItems puts random items and values, and reads them.
func TestWays_agreeOnItems(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		script := dynamodbTables()
		for i := range 60 {
			r := source{rand.New(rand.NewPCG(seed, uint64(i))), i%2 == 0}
			id, v := fmt.Sprint(i), r.value(3)
			it := item{"id": s(id), "x": v}
			if r.sound {
				it = r.item(3)
				it["id"] = s(id)
			}
			script = append(script,
				do(fmt.Sprintf("seed %d: put %s", seed, dump(it)), db, (*dynamodb.Client).PutItem, put("orders", it)),
				do(fmt.Sprintf("seed %d: update %s", seed, dump(v)), db, (*dynamodb.Client).UpdateItem,
					&dynamodb.UpdateItemInput{TableName: str("orders"), Key: key(id),
						UpdateExpression: str("SET y = :y"), ExpressionAttributeValues: item{":y": v},
						ReturnValues: "ALL_NEW"}),
				do("get", db, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: str("orders"),
					Key: key(id)}))
		}
		for _, name := range agree(t, script).wired {
			if name != "create table" && !strings.Contains(name, `\xff`) {
				t.Errorf("over HTTP: %s", name)
			}
		}
	}
}
