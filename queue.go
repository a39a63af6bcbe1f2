package orderflow

// QueueDepth is how many messages a queue holds, approximately.
type QueueDepth struct {
	Name        string
	DeadLetters bool // it holds messages that were given up
	Waiting     int
	InFlight    int // received and not yet deleted
	Delayed     int // not visible yet
}
