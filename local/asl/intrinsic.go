package asl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// maxNesting is how deeply intrinsic functions may nest.
const maxNesting = 10

// call is the call of an intrinsic function.
type call struct {
	text string
	name string // of the function
	fn   *intrinsic
	args []argument
}

// argument is a literal, a path or a nested call.
type argument struct {
	literal  value.JSON
	template string // a string literal with its escapes, for States.Format
	path     *jsonpath.Path
	call     *call
}

// intrinsic is a function: how many arguments it accepts, and its implementation.
type intrinsic struct {
	min, max int // of arguments; max < 0: any number
	eval     func(e *env, args []value.JSON) (value.JSON, error)
}

// intrinsics are all intrinsic functions. Source: AWS Step Functions developer guide, "Intrinsics
// for JSONPath states". Format has no function here: eval handles it, because it needs the raw
// template.
var intrinsics = map[string]*intrinsic{
	"States.Format":         {1, -1, nil},
	"States.StringToJson":   {1, 1, stringToJSON},
	"States.JsonToString":   {1, 1, jsonToString},
	"States.Array":          {0, -1, array},
	"States.ArrayPartition": {2, 2, arrayPartition},
	"States.ArrayContains":  {2, 2, arrayContains},
	"States.ArrayRange":     {3, 3, arrayRange},
	"States.ArrayGetItem":   {2, 2, arrayGetItem},
	"States.ArrayLength":    {1, 1, arrayLength},
	"States.ArrayUnique":    {1, 1, arrayUnique},
	"States.Base64Encode":   {1, 1, base64Encode},
	"States.Base64Decode":   {1, 1, base64Decode},
	"States.Hash":           {2, 2, hash},
	"States.JsonMerge":      {3, 3, jsonMerge},
	"States.MathRandom":     {2, 3, mathRandom},
	"States.MathAdd":        {2, 2, mathAdd},
	"States.StringSplit":    {2, 2, stringSplit},
	"States.UUID":           {0, 0, uuid},
}

// eval calls the function. An error of the function itself is States.IntrinsicFailure; a path that
// finds nothing is States.Runtime.
func (c *call) eval(e *env) (value.JSON, *fault) {
	args := make([]value.JSON, len(c.args))
	for i := range c.args {
		v, f := c.args[i].eval(e, c)
		if f != nil {
			return "", f
		}
		args[i] = v
	}
	var v value.JSON
	var err error
	if c.fn.eval == nil {
		v, err = format(c.args[0], args)
	} else {
		v, err = c.fn.eval(e, args)
	}
	if err != nil {
		return "", failing(errIntrinsicFailure, "The function '%s' had the following error: %v", c.text, err)
	}
	return v, nil
}

func (a *argument) eval(e *env, c *call) (value.JSON, *fault) {
	switch {
	case a.call != nil:
		return a.call.eval(e)
	case a.path != nil:
		v, root, err := e.find(a.path)
		if err != nil {
			return "",
				runtimeFault("The function '%s' had the following error: "+
					"The JsonPath argument for the field '%s' could not be found in the input '%s'", c.text, a.path, root)
		}
		return v, nil
	}
	return a.literal, nil
}

// parseCall compiles "States.Name(arguments)".
func parseCall(text string) (*call, error) {
	p := &callParser{s: text}
	c, err := p.call(1)
	if err != nil {
		return nil, err
	}
	if p.i != len(p.s) {
		return nil, fmt.Errorf("unexpected %q after the function", p.s[p.i:])
	}
	return c, nil
}

type callParser struct {
	s string
	i int
}

func (p *callParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *callParser) take(b byte) bool {
	if p.i < len(p.s) && p.s[p.i] == b {
		p.i++
		return true
	}
	return false
}

func (p *callParser) call(depth int) (*call, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("functions nested deeper than %d", maxNesting)
	}
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != '(' {
		p.i++
	}
	name := strings.TrimRight(p.s[start:p.i], " ")
	fn, ok := intrinsics[name]
	if !ok || !p.take('(') {
		return nil, fmt.Errorf("no intrinsic function %q", name)
	}
	c := &call{name: name, fn: fn}
	if err := p.arguments(c, depth); err != nil {
		return nil, err
	}
	if len(c.args) < fn.min || fn.max >= 0 && len(c.args) > fn.max {
		return nil, fmt.Errorf("%s does not take %d arguments", name, len(c.args))
	}
	c.text = p.s[start:p.i]
	return c, nil
}

func (p *callParser) arguments(c *call, depth int) error {
	if p.space(); p.take(')') {
		return nil
	}
	for {
		a, err := p.argument(depth)
		if err != nil {
			return err
		}
		c.args = append(c.args, a)
		p.space()
		switch {
		case p.take(')'):
			return nil
		case !p.take(','):
			return errors.New("expected ',' or ')'")
		}
		p.space()
	}
}

func (p *callParser) argument(depth int) (argument, error) {
	rest := p.s[p.i:]
	switch {
	case strings.HasPrefix(rest, "$"):
		path, n, err := jsonpath.ParsePrefix(rest)
		p.i += n
		return argument{path: path}, err
	case strings.HasPrefix(rest, "'"):
		return p.text()
	case strings.HasPrefix(rest, "States."):
		c, err := p.call(depth + 1)
		return argument{call: c}, err
	}
	end := strings.IndexAny(rest, ",) \t\r\n")
	if end < 0 {
		return argument{}, errors.New("unterminated argument")
	}
	v, err := value.Parse(rest[:end])
	if err != nil || v.Kind() == value.String || v.Kind() >= value.Array {
		return argument{}, fmt.Errorf("invalid argument %q", rest[:end])
	}
	p.i += end
	return argument{literal: v}, nil
}

// text parses 'literal'. Only ' { } and \ may be escaped.
func (p *callParser) text() (argument, error) {
	p.i++
	start := p.i
	var b strings.Builder
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case '\'':
			a := argument{template: p.s[start:p.i], literal: value.OfString(b.String())}
			p.i++
			return a, nil
		case '\\':
			p.i++
			if p.i == len(p.s) || strings.IndexByte(`'{}\`, p.s[p.i]) < 0 {
				return argument{}, errors.New("invalid escape in a string")
			}
			b.WriteByte(p.s[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return argument{}, errors.New("unterminated string")
}
