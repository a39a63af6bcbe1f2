package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

const accountsTable = `{"TableName":"accounts","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",
	"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}`

func TestTransactWriteItems_CancellationReasons(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"},"n":{"N":"1"},"s":{"S":"x"}}}`)
	id := func(id string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
	}
	_, err := s.client.TransactWriteItems(t.Context(),
		&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String("accounts"), Item: id("b")}},
			{ConditionCheck: &types.ConditionCheck{TableName: aws.String("accounts"), Key: id("a"),
				ConditionExpression:                 aws.String("attribute_not_exists(id)"),
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
			{Delete: &types.Delete{TableName: aws.String("accounts"), Key: id("c"),
				ConditionExpression: aws.String("attribute_exists(id)")}},
		}})
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		t.Fatalf("error = %v", err)
	}
	if want := "Transaction cancelled, please refer cancellation reasons for specific reasons [None, " +
		"ConditionalCheckFailed, ConditionalCheckFailed]"; cancelled.ErrorMessage() != want {
		t.Errorf("message = %q", cancelled.ErrorMessage())
	}
	for i, want := range []struct {
		code  string
		items int
	}{{"None", 0}, {"ConditionalCheckFailed", 3}, {"ConditionalCheckFailed", 0}} {
		if r := cancelled.CancellationReasons[i]; aws.ToString(r.Code) != want.code || len(r.Item) != want.items {
			t.Errorf("reason %d = %s with %v, want %+v", i, aws.ToString(r.Code), r.Item, want)
		}
	}
	if out := s.must(t, "GetItem", `{"TableName":"accounts","Key":{"id":{"S":"b"}}}`); out != "{}" {
		t.Errorf("the put of a cancelled transaction is there: %s", out)
	}
}

func TestTransactWriteItems_Refused(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"},"s":{"S":"x"}}}`)
	put := `{"Put":{"TableName":"accounts","Item":{"id":{"S":"%d"}}}}`
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf(put, i))
	}
	for _, tt := range []struct{ name, items, want string }{
		{"none", ``, "ValidationException: 1 validation error"},
		{"too many", strings.Join(many, ","), "ValidationException: 1 validation error"},
		{"two of one item", fmt.Sprintf(put, 1) + "," + fmt.Sprintf(put, 1),
			"Transaction request cannot include multiple operations on one item"},
		{"two actions in one", `{"Put":{"TableName":"accounts","Item":{"id":{"S":"1"}}},` +
			`"Delete":{"TableName":"accounts","Key":{"id":{"S":"1"}}}}`,
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		{"no table", `{"Put":{"TableName":"nowhere","Item":{"id":{"S":"1"}}}}`,
			"ResourceNotFoundException: Requested resource not found"},
		{"check without condition", `{"ConditionCheck":{"TableName":"accounts","Key":{"id":{"S":"1"}}}}`,
			"conditionExpression"},
		{"update that does not fit", `{"Update":{"TableName":"accounts","Key":{"id":{"S":"a"}},` +
			`"UpdateExpression":"SET s = s + :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}`,
			"TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific " +
				"reasons [ValidationError]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.call(t, "TransactWriteItems", `{"TransactItems":[`+tt.items+`]}`)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestTransactWriteItems_ClientRequestToken(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	const add = `{"ClientRequestToken":"t-1","TransactItems":[{"Update":{"TableName":"accounts","Key":{"id":{"S":"a"}},
		"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"%d"}}}}]}`
	balance := func() string { return s.must(t, "GetItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}}}`) }
	has := func(when, n string) {
		t.Helper()
		if got := balance(); !strings.Contains(got, `"n":{"N":"`+n+`"}`) {
			t.Errorf("%s: %s, want n = %s", when, got, n)
		}
	}
	s.must(t, "TransactWriteItems", fmt.Sprintf(add, 1))
	s.must(t, "TransactWriteItems", fmt.Sprintf(add, 1))
	has("the same request twice", "1")
	_, err := s.call(t, "TransactWriteItems", fmt.Sprintf(add, 2))
	if e, ok := errors.AsType[*awsapi.Error](err); !ok || e.Type != "IdempotentParameterMismatchException" {
		t.Errorf("the token with another request: %v", err)
	}
	s.clock.Advance(9*time.Minute + 59*time.Second)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	s.must(t, "TransactWriteItems", fmt.Sprintf(add, 1))
	has("within ten minutes", "1")
	s.clock.Advance(2 * time.Second)
	s.must(t, "TransactWriteItems", fmt.Sprintf(add, 1))
	has("after ten minutes", "2")
}

// TestTransactWriteItems_MoveAmounts moves amounts between accounts from many goroutines: the sum
// stays, no balance is negative, every snapshot adds up, and the stream replays to the table.
func TestTransactWriteItems_MoveAmounts(t *testing.T) {
	t.Parallel()
	const accounts, movers, moves, each = 8, 16, 60, 20
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	for i := range accounts {
		s.must(t, "PutItem", fmt.Sprintf(`{"TableName":"accounts","Item":{"id":{"S":"%d"},"n":{"N":"%d"}}}`, i, each))
	}
	var wg sync.WaitGroup
	for m := range movers {
		rng := rand.New(rand.NewPCG(uint64(m), 1))
		wg.Go(func() {
			for range moves {
				from := rng.IntN(accounts)
				to := (from + 1 + rng.IntN(accounts-1)) % accounts
				_, err := s.call(t, "TransactWriteItems", moveInput(from, to, 1+rng.IntN(9)))
				if e, ok := errors.AsType[*awsapi.Error](err); err != nil &&
					(!ok || e.Type != "TransactionCanceledException") {
					t.Error(err)
				}
				if sum := snapshotSum(t, s, accounts); sum != accounts*each {
					t.Errorf("a snapshot adds up to %d", sum)
				}
			}
		})
	}
	wg.Wait()
	if sum := snapshotSum(t, s, accounts); sum != accounts*each {
		t.Errorf("sum = %d, want %d", sum, accounts*each)
	}
	checkReplay(t, s, "accounts")
}

func moveInput(from, to, n int) string {
	const update = `{"Update":{"TableName":"accounts","Key":{"id":{"S":"%d"}},"UpdateExpression":"SET n = n %s :n",` +
		`"ConditionExpression":"n >= :low",` +
		`"ExpressionAttributeValues":{":n":{"N":"%d"},":low":{"N":"%d"}}}}`
	return `{"TransactItems":[` + fmt.Sprintf(update, from, "-", n, n) + "," + fmt.Sprintf(update, to, "+", n, 0) + `]}`
}

func snapshotSum(t *testing.T, s *stack, accounts int) int {
	var gets []string
	for i := range accounts {
		gets = append(gets, fmt.Sprintf(`{"Get":{"TableName":"accounts","Key":{"id":{"S":"%d"}}}}`, i))
	}
	out, err := s.Do(t.Context(), "TransactGetItems", json.RawMessage(`{"TransactItems":[`+strings.Join(gets, ",")+`]}`))
	if err != nil {
		t.Error(err)
		return -1
	}
	sum := 0
	for _, r := range out.(*transactGetOutput).Responses {
		n, err := strconv.Atoi(r.Item["n"].Text)
		if err != nil || n < 0 {
			t.Errorf("balance %q", r.Item["n"].Text)
		}
		sum += n
	}
	return sum
}

// checkReplay replays the stream into items and compares them with the table's; each old image must
// be the item of the replay.
func checkReplay(t *testing.T, s *stack, tableName string) {
	t.Helper()
	state := map[string]attr.Item{}
	var after uint64
	for {
		records, err := s.ReadStream(tableName, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			if r.Sequence <= after {
				t.Fatalf("record %d after %d", r.Sequence, after)
			}
			after = r.Sequence
			key := string(attr.Marshal(r.Keys))
			if string(attr.Marshal(state[key])) != string(attr.Marshal(r.OldImage)) {
				t.Fatalf("record %d: old image %v, but the item was %v", r.Sequence, r.OldImage, state[key])
			}
			if r.EventName == "REMOVE" {
				delete(state, key)
			} else {
				state[key] = r.NewImage
			}
		}
	}
	out, err := s.Do(t.Context(), "Scan", json.RawMessage(`{"TableName":"`+tableName+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	items := *out.(*pageOutput).Items
	if len(items) != len(state) {
		t.Fatalf("the table has %d items, its stream folds to %d", len(items), len(state))
	}
	for _, i := range items {
		folded := state[string(attr.Marshal(s.tables[tableName].keys.of(i)))]
		if string(attr.Marshal(i)) != string(attr.Marshal(folded)) {
			t.Errorf("item %v, its stream folds to %v", i, folded)
		}
	}
}
