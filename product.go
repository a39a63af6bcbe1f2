package orderflow

// Product is one article of the catalogue with its stock. OnHand + Reserved + Shipped is constant but for deliveries.
type Product struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Category    string `json:"category"`
	Price       Money  `json:"price"`
	OnHand      int    `json:"onHand"`
	Reserved    int    `json:"reserved"`
	Shipped     int    `json:"shipped"`
}

// StockMove changes one product's stock by the quantity: Reserve takes it from on hand, Release gives it back, Ship takes it out of the house.
type StockMove struct {
	SKU      string
	Kind     StockMoveKind
	Quantity int
}

// StockMoveKind is the direction of a StockMove.
type StockMoveKind string

// The directions: on hand -> reserved, reserved -> on hand, reserved -> shipped.
const (
	Reserve StockMoveKind = "RESERVE"
	Release StockMoveKind = "RELEASE"
	Ship    StockMoveKind = "SHIP"
)

// StockMoves returns one move of the given kind per SKU: lines of the same SKU are added up, in the order of their first line.
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
