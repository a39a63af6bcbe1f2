package orderflow

// Product is one product of the catalogue with its stock. Only deliveries change the sum OnHand +
// Reserved + Shipped.
type Product struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Category    string `json:"category"`
	Price       Money  `json:"price"`
	Weight      int    `json:"weight,omitempty"` // grams
	OnHand      int    `json:"onHand"`
	Reserved    int    `json:"reserved"`
	Shipped     int    `json:"shipped"`
}

// StockMove changes the stock of one product: Reserve moves the quantity from on hand to reserved,
// Release moves it back, Ship moves it from reserved to shipped, TakeBack from shipped to on hand.
type StockMove struct {
	SKU      string
	Kind     StockMoveKind
	Quantity int
}

// StockMoveKind is the kind of a StockMove.
type StockMoveKind string

// The kinds: on hand -> reserved, reserved -> on hand, reserved -> shipped, shipped -> on hand.
const (
	Reserve  StockMoveKind = "RESERVE"
	Release  StockMoveKind = "RELEASE"
	Ship     StockMoveKind = "SHIP"
	TakeBack StockMoveKind = "RETURN"
)

// StockMoves returns one move of the given kind per SKU. It adds up lines of the same SKU and keeps
// the order of their first lines.
func (o *Order) StockMoves(kind StockMoveKind) []StockMove {
	var moves []StockMove
	at := make(map[string]int, len(o.Lines))
	for _, l := range o.Lines {
		i, ok := at[l.SKU]
		if !ok {
			i = len(moves)
			at[l.SKU] = i
			moves = append(moves, StockMove{SKU: l.SKU, Kind: kind})
		}
		moves[i].Quantity += l.Quantity
	}
	return moves
}
