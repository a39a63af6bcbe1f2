package cloud

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

// orderImage returns a part of an order as the stream has it, with one change per sequence number.
func orderImage(sequences int) string {
	var timeline []string
	for i := range sequences {
		timeline = append(timeline, fmt.Sprintf(`{"M":{"sequence":{"N":"%d"},"at":{"S":"2026-11-22T12:00:00.5Z"},"type":{"S":"Order Placed"},"status":{"S":"PLACED"},
			"paymentStatus":{"S":"NONE"},"stockStatus":{"S":"NONE"},"attention":{"BOOL":true},"actor":{"S":"customer:cus_1"}}}`, i+1))
	}
	return fmt.Sprintf(`{"id":{"S":"ord_1"},"customerId":{"S":"cus_1"},"total":{"M":{"amount":{"N":"1250"},"currency":{"S":"USD"}}},"email":{"S":"ada@example.com"},
		"shipment":{"M":{"id":{"S":"shp_1"},"status":{"S":"REQUESTED"}}},"wait":{"NULL":true},"sequence":{"N":"%d"},"timeline":{"L":[%s]}}`, sequences, strings.Join(timeline, ","))
}

func record(number, images string) string {
	return fmt.Sprintf(`{"eventID":"e","eventName":"MODIFY","dynamodb":{"SequenceNumber":%q,%s,"StreamViewType":"NEW_AND_OLD_IMAGES"}}`, number, images)
}

func TestStream_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, images string
		want         []int64
	}{
		{"inserted", `"NewImage":` + orderImage(1), []int64{1}},
		{"one more", `"NewImage":` + orderImage(3) + `,"OldImage":` + orderImage(2), []int64{3}},
		{"two more", `"NewImage":` + orderImage(3) + `,"OldImage":` + orderImage(1), []int64{2, 3}},
		{"none", `"NewImage":` + orderImage(2) + `,"OldImage":` + orderImage(2), nil},
		{"removed", `"OldImage":` + orderImage(2), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s Stream
			if err := json.Unmarshal([]byte(`{"Records":[`+record("7", tt.images)+`]}`), &s); err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range changes(s.Records[0]) {
				got = append(got, e.Sequence)
				if e.OrderID != "ord_1" || e.CustomerID != "cus_1" || e.Total.Amount != 1250 || e.ShipmentID != "shp_1" ||
					!e.Attention || e.At.Nanosecond() != 5e8 {
					t.Errorf("event %+v", e)
				}
			}
			if !slices.Equal(got, tt.want) || s.Records[0].SequenceNumber != "7" {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestStream_refuses(t *testing.T) {
	t.Parallel()
	for _, images := range []string{`"NewImage":{"id":{"X":"?"}}`, `"NewImage":{"id":"plain"}`,
		`"NewImage":{"total":{"S":"much"}}`,
		`"NewImage":{"id":{"S":"ord_1"}}`, `"NewImage":{"id":{"S":"ord_1"`,
		`"NewImage":` + orderImage(2) + `,"OldImage":{}`,
		`"NewImage":{"id":{"S":"ord_1","N":"1"}}`, `"NewImage":{"id":{"SS":["ord_1"]}}`, `"NewImage":{"id":{"BOOL":"yes"}}`, `"NewImage":[]`} {
		var s Stream
		if err := json.Unmarshal([]byte(`{"Records":[`+record("1", images)+`]}`), &s); err == nil {
			t.Errorf("took %s", images)
		}
	}
	for _, payload := range []string{``, `[]`, `{"Records":{}}`, `{"Records":[]} x`, `{"Records":[`, `{"Records":[{"dynamodb":7}]}`, `{"a"}`} {
		var s Stream
		if err := s.UnmarshalJSON([]byte(payload)); err == nil {
			t.Errorf("took %s", payload)
		}
	}
}

func BenchmarkStream_UnmarshalJSON(b *testing.B) {
	images := `"NewImage":` + orderImage(8) + `,"OldImage":` + orderImage(7)
	payload := []byte(`{"Records":[` + record("1", images) + "," + record("2", images) + `]}`)
	for b.Loop() {
		var s Stream
		if err := s.UnmarshalJSON(payload); err != nil {
			b.Fatal(err)
		}
	}
}

func changes(r StreamRecord) []orderflow.EventDetail {
	if r.Order == nil {
		return nil
	}
	return r.Order.EventsSince(r.Published)
}

// Every field of a saved order is in its image.
func TestStream_UnmarshalJSON_whole(t *testing.T) {
	t.Parallel()
	o := storetest.NewOrder(t, "ord_1", "a", "b")
	o.ShippingAddress.Name = "Zoë \"Z\" \\ <&> \u2028"
	o.Status, o.PaymentStatus = orderflow.Paid, orderflow.PaymentCaptured
	if err := o.RequestShipment("shp_1", orderflow.Wait{Step: "RequestShipment", Token: "t"}, by(0)); err != nil {
		t.Fatal(err)
	}
	o.NoteUnsent(orderflow.Unsent{
		Kind: orderflow.NotifyConfirmed, Step: "NotifyConfirmed", Message: "m",
	}, by(time.Second))
	it, err := itemOf(o)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := attributevalue.MarshalMapJSON(it)
	if err != nil {
		t.Fatal(err)
	}
	var got Stream
	if err := json.Unmarshal([]byte(`{"Records":[`+record("7", `"NewImage":`+string(raw))+`]}`), &got); err != nil {
		t.Fatal(err)
	}
	o.Version++
	if !reflect.DeepEqual(got.Records[0].Order, o) {
		t.Errorf("got  %+v\nwant %+v", got.Records[0].Order, o)
	}
}
