//go:build !linux

package clock

import "time"

// Asleep implements Source. After sleep the clock is ahead of the monotonic one; here this cannot
// be distinguished from a clock that was put forward by hand.
func (m Machine) Asleep() time.Duration {
	now := time.Now()
	return max(now.Round(0).Sub(m.start.Round(0))-now.Sub(m.start), 0)
}
