package api

import (
	"context"
	"slices"

	"github.com/orderflow-dev/orderflow"
)

func claimKey(c orderflow.Claim) string { return c.CustomerID + "/" + c.PromotionCode }

func (m *memory) Pricing(
	_ context.Context, customerID, promotionCode string,
) (tables orderflow.Pricing, used bool, err error) {
	defer m.lock()()
	tables = m.pricing
	code := orderflow.PromotionCode(promotionCode)
	other := func(p orderflow.Promotion) bool { return p.Code != code }
	tables.Promotions = slices.DeleteFunc(slices.Clone(tables.Promotions), other)
	_, used = m.claims[claimKey(orderflow.Claim{CustomerID: customerID, PromotionCode: code})]
	return tables, used, m.fail
}
