package shape

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// texted and at are types that are given, and give, texts and times.
type texted struct {
	text  string
	given bool
}

func (x *texted) SetText(text string) { *x = texted{text, true} }

func (x texted) Text() string { return x.text }

type at int64

func (a at) Time() time.Time { return time.UnixMilli(int64(a)).UTC() }

type enum string

// SDK's and a service's, of the same shape.
type (
	remote struct {
		Name   *string
		Mode   enum
		Count  int32
		Wait   *int32
		Due    *time.Time
		Parts  []part
		Tags   map[string]string
		Blob   []byte
		Old    []string
		Hidden *bool
	}
	part struct {
		Size   int32
		Labels map[string]enum
	}
	embedded struct{ Tags map[string]string }
	service  struct {
		embedded
		Name  string `json:"NAME"`
		Mode  texted
		Count *int
		Wait  *int
		Due   float64
		Parts []servicePart
		Blob  []byte
		Old   json.RawMessage
	}
	servicePart struct {
		Size   int `json:"size"`
		Labels map[string]string
	}
)

func ptr[T any](v T) *T { return &v }

func TestCopier_fromSDK(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   remote
		want service
	}{
		"zero": {remote{}, service{}},
		"all": {remote{Name: ptr("ü"), Mode: "M", Count: 7, Wait: ptr[int32](0), Due: ptr(time.UnixMilli(1500)),
			Parts: []part{{Size: 1, Labels: map[string]enum{"a": "b"}}},
			Tags:  map[string]string{"a": "b"}, Blob: []byte{1}},
			service{embedded: embedded{map[string]string{"a": "b"}}, Name: "ü", Mode: texted{"M", true},
				Count: ptr(7), Wait: ptr(0), Due: 1.5,
				Parts: []servicePart{{Size: 1, Labels: map[string]string{"a": "b"}}}, Blob: []byte{1}}},
		"empty": {remote{Name: ptr(""), Parts: []part{}, Tags: map[string]string{}, Blob: []byte{}},
			service{embedded: embedded{map[string]string{}}, Parts: []servicePart{}, Blob: []byte{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Copier{FromSDK: true}
			var got service
			if err := c.Copy(&got, &tt.in); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestCopier_refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ dst, src any }{
		"text that is not UTF-8":  {&service{}, remote{Name: ptr("\xff")}},
		"name that is not UTF-8":  {&service{}, remote{Tags: map[string]string{"\xff": ""}}},
		"value for JSON alone":    {&service{}, remote{Old: []string{"a"}}},
		"number out of range":     {&struct{ N int8 }{}, struct{ N int32 }{300}},
		"types that have nothing": {&struct{ N string }{}, struct{ N int }{1}},
		"JSON of its own":         {&struct{ N map[string]any }{}, struct{ N own1 }{}},
		"what an interface holds": {&struct{ N string }{}, map[string]any{"N": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Copier{FromSDK: true}
			err := c.Copy(tt.dst, tt.src)
			if _, ok := err.(*Error); !ok || !strings.Contains(err.Error(), "copy between shapes") {
				t.Errorf("error %v", err)
			}
		})
	}
}

type own1 map[string]any

func (own1) MarshalJSON() ([]byte, error) { return nil, nil }

func TestCopier_toSDK(t *testing.T) {
	t.Parallel()
	type out struct {
		Name  *string
		Stop  *time.Time
		Parts []part
		List  []string
		Count int32
	}
	for name, tt := range map[string]struct {
		from any
		want out
	}{
		"what is left out": {struct {
			Name  string        `json:",omitempty"`
			Stop  at            `json:",omitzero"`
			Parts []servicePart `json:",omitempty"`
		}{Parts: []servicePart{}}, out{}},
		"what is not": {struct {
			Name string
			Stop at
			List []string
		}{List: []string{}}, out{Name: ptr(""), Stop: ptr(time.UnixMilli(0).UTC()), List: []string{}}},
		"map": {map[string]any{"Name": "n", "List": []any{"a"}, "Count": 3,
			"Parts": []any{map[string]any{"Size": 2}}, "None": nil, "Stop": at(5)},
			out{Name: ptr("n"), List: []string{"a"}, Count: 3, Parts: []part{{Size: 2}},
				Stop: ptr(time.UnixMilli(5).UTC())}},
		"pointer": {&struct{ Parts *[]servicePart }{&[]servicePart{{Size: 1}}}, out{Parts: []part{{Size: 1}}}},
		"text":    {struct{ Name texted }{texted{text: "x"}}, out{Name: ptr("x")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c Copier
			var got out
			if err := c.Copy(&got, tt.from); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestCopier_always(t *testing.T) {
	t.Parallel()
	c := Copier{FromSDK: true, Always: func(of reflect.Type,
		member string) bool {
		return of == reflect.TypeFor[part]() && member == "Size"
	}}
	var got struct{ Size *int }
	if err := c.Copy(&got, part{}); err != nil || got.Size == nil || *got.Size != 0 {
		t.Errorf("size %v, %v", got.Size, err)
	}
}
