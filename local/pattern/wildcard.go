package pattern

import "strings"

// wildcard is a compiled wildcard text: the literal pieces between its "*".
type wildcard []string

// compileWildcard parses a wildcard text, in which \* and \\ are literal characters.
func compileWildcard(s string) (func(string) bool, error) {
	var w wildcard
	var piece strings.Builder
	tokens := make([]rune, 0, len(s)) // the text with escapes resolved; star is the wildcard
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch runes[i] {
		case '*':
			if len(tokens) > 0 && tokens[len(tokens)-1] == star {
				return nil, errorf("Consecutive wildcard characters at pos %d", i)
			}
			w, tokens = append(w, piece.String()), append(tokens, star)
			piece.Reset()
		case '\\':
			i++
			if i == len(runes) || runes[i] != '*' && runes[i] != '\\' {
				return nil, errorf("Invalid escape character at pos %d", i-1)
			}
			fallthrough
		default:
			piece.WriteRune(runes[i])
			tokens = append(tokens, runes[i])
		}
	}
	if tooComplex(tokens) {
		return nil,
			errorf("Rule is too complex - try using fewer wildcard characters or fewer repeating character " +
				"sequences after a wildcard character")
	}
	return append(w, piece.String()).match, nil
}

// match finds the pieces from left to right: the first match of each leaves the most text for the
// pieces after it.
func (w wildcard) match(s string) bool {
	if len(w) == 1 {
		return s == w[0]
	}
	s, ok := strings.CutPrefix(s, w[0])
	if !ok {
		return false
	}
	last := len(w) - 1
	for _, piece := range w[1:last] {
		if _, s, ok = strings.Cut(s, piece); !ok {
			return false
		}
	}
	return strings.HasSuffix(s, w[last])
}

const (
	star rune = -1
	// maxParallel is how many places of a wildcard text may match the same input. AWS publishes no
	// figure: it accepts "/Users/*/dir/dir/dir/dir/dir/doc.txt" (7 places) and refuses
	// "*:*:*:*:*:event-bus/*" (11).
	maxParallel = 10
	maxStates   = 2000
)

// tooComplex reports whether some input reaches more than maxParallel places of the text at once.
func tooComplex(tokens []rune) bool {
	alphabet := map[rune]bool{}
	for _, c := range tokens {
		if c != star {
			alphabet[c] = true
		}
	}
	seen := map[string]bool{}
	work := [][]int{closure(tokens, []int{0})}
	for len(work) > 0 && len(seen) < maxStates {
		places := work[len(work)-1]
		work = work[:len(work)-1]
		if len(places) > maxParallel {
			return true
		}
		for c := range alphabet {
			next := step(tokens, places, c)
			if key := keyOf(next); !seen[key] && len(next) > 0 {
				seen[key] = true
				work = append(work, next)
			}
		}
	}
	return false
}

// closure adds the place after each wildcard, which is never a wildcard itself. places is in
// ascending order and may have duplicates.
func closure(tokens []rune, places []int) []int {
	out := make([]int, 0, len(places)+1)
	for _, p := range places {
		if n := len(out); n > 0 && p <= out[n-1] {
			continue
		}
		out = append(out, p)
		if p < len(tokens) && tokens[p] == star {
			out = append(out, p+1)
		}
	}
	return out
}

func step(tokens []rune, places []int, c rune) []int {
	var out []int
	for _, p := range places {
		switch {
		case p == len(tokens):
		case tokens[p] == star:
			out = append(out, p)
		case tokens[p] == c:
			out = append(out, p+1)
		}
	}
	return closure(tokens, out)
}

func keyOf(places []int) string {
	out := make([]rune, len(places))
	for i, p := range places {
		out[i] = rune(p)
	}
	return string(out)
}
