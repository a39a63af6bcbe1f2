//go:build !linux

package clock

import "time"

// Asleep implements Source. Who sleeps finds the clock put forward. A clock that is put forward by hand cannot be told from that here.
func (m Machine) Asleep() time.Duration {
	now := time.Now()
	return max(now.Round(0).Sub(m.start.Round(0))-now.Sub(m.start), 0)
}
