// Package orderflow is the domain of the order fulfilment orchestrator: orders, payments, stock,
// and every change that they allow.
//
// The package does not depend on AWS, HTTP or a clock. Adapters load an order, call one of its
// methods, and save the result in one transaction.
//
//	PLACED -> CONFIRMED -> PAID -> SHIPPING -> FULFILLED
//	   \          \          \
//	    +----------+----------+--> REJECTED | CANCELLED
//
// An order that needs a review is IN_REVIEW between CONFIRMED and PAID. An approved one is
// CONFIRMED again.
//
// Every change appends one Change with the order's next sequence. The changes are published, and
// Fold rebuilds an order's state from them.
package orderflow
