package cloud

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// stockMoves maps a kind of move to the counters that it decreases and increases.
var stockMoves = map[orderflow.StockMoveKind]struct{ from, to string }{
	orderflow.Reserve:  {"onHand", "reserved"},
	orderflow.Release:  {"reserved", "onHand"},
	orderflow.Ship:     {"reserved", "shipped"},
	orderflow.TakeBack: {"shipped", "onHand"},
}

// byProduct splits moves where the product changes: a transaction may change an item once.
func byProduct(moves []orderflow.StockMove) [][]orderflow.StockMove {
	var out [][]orderflow.StockMove
	for i := range moves {
		if i == 0 || moves[i].SKU != moves[i-1].SKU {
			out = append(out, nil)
		}
		last := len(out) - 1
		out[last] = append(out[last], moves[i])
	}
	return out
}

// moveStock makes all moves of one product if each warehouse has enough by itself. A missing
// product or warehouse has none. A counter that a row lacks counts as zero when it increases.
func moveStock(table string, moves []orderflow.StockMove) (*types.Update, error) {
	u := stockUpdate{names: map[string]string{}, values: item{":zero": number(0)}}
	for _, m := range moves {
		way, ok := stockMoves[m.Kind]
		if !ok || m.Quantity <= 0 {
			return nil, fmt.Errorf("move stock: %q of %d", m.Kind, m.Quantity)
		}
		u.add(m.Warehouse, way.from, way.to, m.Quantity)
	}
	return u.of(table, moves[0].SKU), nil
}

// stockUpdate builds the update of one product's counters.
type stockUpdate struct {
	names              map[string]string
	values             item
	updates, condition []string
	increases          bool // any counter
}

// add moves a quantity between two counters of a warehouse, if there is enough. An empty counter is
// the outside: nothing limits what comes from there.
func (u *stockUpdate) add(warehouse, from, to string, quantity int) {
	q := fmt.Sprintf(":q%d", len(u.values))
	u.values[q] = number(int64(quantity))
	if from != "" {
		c := u.counter(warehouse, from)
		u.updates = append(u.updates, c+" = "+c+" - "+q)
		u.condition = append(u.condition, c+" >= "+q)
	}
	if to != "" {
		u.increases = true
		c := u.counter(warehouse, to)
		u.updates = append(u.updates, fmt.Sprintf("%s = if_not_exists(%s, :zero) + %s", c, c, q))
	}
}

// counter returns the path of a counter.
func (u *stockUpdate) counter(warehouse, name string) string {
	u.names["#"+name] = name
	if warehouse == "" || warehouse == orderflow.MainWarehouse {
		return "#" + name
	}
	return u.warehouse(warehouse) + ".#" + name
}

// warehouse returns the path of a warehouse's counters.
func (u *stockUpdate) warehouse(name string) string {
	for placeholder, known := range u.names {
		if known == name && strings.HasPrefix(placeholder, "#w") {
			return "#warehouses." + placeholder
		}
	}
	u.names["#warehouses"] = "warehouses"
	placeholder := fmt.Sprintf("#w%d", len(u.names))
	u.names[placeholder] = name
	return "#warehouses." + placeholder
}

func (u *stockUpdate) of(table, sku string) *types.Update {
	if !u.increases {
		delete(u.values, ":zero") // a value that is not used is an error
	}
	return &types.Update{
		TableName: &table, Key: item{"sku": str(sku)},
		UpdateExpression:          aws.String("SET " + strings.Join(u.updates, ", ")),
		ConditionExpression:       aws.String(strings.Join(u.condition, " AND ")),
		ExpressionAttributeNames:  u.names,
		ExpressionAttributeValues: u.values,
	}
}
