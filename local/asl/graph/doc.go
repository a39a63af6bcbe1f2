// Package graph draws state machines of the Amazon States Language.
//
//	g, err := graph.Parse(definition)   // the states and their transitions
//	g.Layout()                          // gives every state and transition its place
//	svg := g.SVG("Fulfils one order")   // a picture that follows the reader's light or dark theme
//
// The layout is layered, top down, after Sugiyama, Tagawa and Toda (1981): states are ranked by
// their distance from the start, ordered within their rank so that few transitions cross, and
// placed so that transitions are straight. The branches of a Parallel state and the processor of a
// Map state are drawn inside it. The same definition always results in the same picture, byte for
// byte.
package graph
