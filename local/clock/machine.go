package clock

import "time"

// Machine is the clock of this machine.
type Machine struct{ start time.Time }

// NewMachine makes a Machine.
func NewMachine() Machine { return Machine{time.Now()} }

// Read implements Source.
func (m Machine) Read() (time.Time, time.Duration) {
	now := time.Now()
	return now, now.Sub(m.start)
}
