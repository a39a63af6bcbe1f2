package cloud

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Zero times take no space, wherever they are, and are zero again when they are read.
func TestMarshalItem_zeroTimes(t *testing.T) {
	t.Parallel()
	type inner struct {
		At   time.Time  `json:"at"`
		Then *time.Time `json:"then"`
	}
	type outer struct {
		At    time.Time        `json:"at,omitzero"`
		Inner inner            `json:"inner"`
		List  []inner          `json:"list"`
		Map   map[string]inner `json:"map"`
	}
	then := noon.Add(time.Nanosecond)
	want := outer{Inner: inner{Then: &then}, List: []inner{{}, {At: noon}}, Map: map[string]inner{"a": {}}}
	it, err := MarshalItem(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, stored := it["at"]; stored {
		t.Error("the zero time is stored")
	}
	for _, v := range []types.AttributeValue{
		it["inner"], it["list"].(*types.AttributeValueMemberL).Value[0], it["map"].(*types.AttributeValueMemberM).Value["a"],
	} {
		if _, stored := v.(*types.AttributeValueMemberM).Value["at"]; stored {
			t.Errorf("the zero time is stored in %v", v)
		}
	}
	var got outer
	if err := UnmarshalItem(it, &got); err != nil || !got.At.IsZero() || !got.Inner.At.IsZero() || !got.Inner.Then.Equal(then) ||
		!got.List[0].At.IsZero() || !got.List[1].At.Equal(noon) || !got.Map["a"].At.IsZero() || got.List[0].Then != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}
