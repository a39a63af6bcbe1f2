package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// Asleep implements Source: CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does
// not.
func (Machine) Asleep() time.Duration {
	var awake, all unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return 0 // a kernel without these clocks: the machine never sleeps
	}
	return time.Duration(all.Nano() - awake.Nano())
}
