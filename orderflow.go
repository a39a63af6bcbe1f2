// Package orderflow is the domain of the order fulfilment orchestrator: an order, its money, its stock, and the only ways it may change.
//
// It knows nothing of AWS, HTTP or time: adapters load an order, call one of its methods, and save what the method changed in one transaction.
//
//	PLACED -> CONFIRMED -> PAID -> SHIPPING -> FULFILLED
//	   \          \          \
//	    +----------+----------+--> REJECTED | CANCELLED
//
// Every change appends one Change with the order's next sequence; the changes are what is published, and Fold rebuilds the order's state from them.
package orderflow
