package cloud

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// stockMoves maps a kind of move to the product attributes that it decreases and increases.
var stockMoves = map[orderflow.StockMoveKind]struct{ from, to string }{
	orderflow.Reserve:  {"onHand", "reserved"},
	orderflow.Release:  {"reserved", "onHand"},
	orderflow.Ship:     {"reserved", "shipped"},
	orderflow.TakeBack: {"shipped", "onHand"},
}

// moveStock moves a quantity if enough is available. A missing product has none.
func moveStock(table string, m orderflow.StockMove) (*types.Update, error) {
	way, ok := stockMoves[m.Kind]
	if !ok || m.Quantity <= 0 {
		return nil, fmt.Errorf("move stock: %q of %d", m.Kind, m.Quantity)
	}
	return &types.Update{
		TableName: &table, Key: item{"sku": str(m.SKU)},
		UpdateExpression:          aws.String("SET #from = #from - :q, #to = #to + :q"),
		ConditionExpression:       aws.String("#from >= :q"),
		ExpressionAttributeNames:  map[string]string{"#from": way.from, "#to": way.to},
		ExpressionAttributeValues: item{":q": number(int64(m.Quantity))},
	}, nil
}
