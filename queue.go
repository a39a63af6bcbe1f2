package orderflow

// QueueDepth is how many messages a queue holds, approximately.
type QueueDepth struct {
	Name        string
	DeadLetters bool     // it holds messages that were given up
	Sources     []string // of a dead-letter queue: the queues whose messages it takes; none can be moved back without
	Waiting     int
	InFlight    int // received and not yet deleted
	Delayed     int // not visible yet
}
