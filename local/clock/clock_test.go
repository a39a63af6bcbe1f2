package clock

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

var epoch = time.Date(2029, 3, 1, 12, 0, 0, 0, time.UTC)

// fake is a machine whose clock can be set, and which can sleep.
type fake struct{ awake, asleep, set time.Duration }

func (f *fake) Read() (time.Time, time.Duration) {
	return epoch.Add(f.awake + f.asleep + f.set), 1000*time.Hour + f.awake
}

func (f *fake) Asleep() time.Duration { return 77*time.Hour + f.asleep }

func TestClock_Now(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*fake)
		passed time.Duration
		moved  time.Duration
	}{
		{"time passes", func(f *fake) { f.awake += time.Minute }, time.Minute, 0},
		{"set back by an hour", func(f *fake) { f.set -= time.Hour }, 0, -time.Hour},
		{"set forward by a day", func(f *fake) { f.set += 24 * time.Hour }, 0, 24 * time.Hour},
		{"corrected by little", func(f *fake) { f.awake += time.Minute; f.set -= 100 * time.Millisecond },
			time.Minute, 0},
		{"asleep for a night", func(f *fake) { f.awake += time.Second; f.asleep += 8 * time.Hour },
			8*time.Hour + time.Second, 0},
		{"asleep, and set back", func(f *fake) { f.asleep += 8 * time.Hour; f.set -= time.Hour }, 8 * time.Hour,
			-time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var moved time.Duration
			f := &fake{}
			c := New(f, func(by time.Duration) { moved += by })
			if got := c.Now(); !got.Equal(epoch) {
				t.Fatalf("begins at %v, want %v", got, epoch)
			}
			for n := range 3 { // repeatedly
				tt.change(f)
				if got, want := c.Now(), epoch.Add(time.Duration(n+1)*tt.passed); !got.Equal(want) {
					t.Errorf("now %v, want %v", got, want)
				}
			}
			if moved.Round(2*time.Second) != 3*tt.moved.Round(2*time.Second) {
				t.Errorf("reported %v, want %v", moved, 3*tt.moved)
			}
			if got := c.Since(epoch); got != 3*tt.passed {
				t.Errorf("since the beginning %v, want %v", got, 3*tt.passed)
			}
			if got := c.Until(epoch); got != -3*tt.passed {
				t.Errorf("until the beginning %v, want %v", got, -3*tt.passed)
			}
		})
	}
}

func TestClock_NotBefore(t *testing.T) {
	t.Parallel()
	f := &fake{}
	c := New(f, nil)
	if late := c.NotBefore(epoch.Add(-time.Hour)); late != 0 || !c.Now().Equal(epoch) {
		t.Errorf("put forward by %v to %v by what is past", late, c.Now())
	}
	if late := c.NotBefore(epoch.Add(time.Hour)); late != time.Hour {
		t.Errorf("put forward by %v, want 1h", late)
	}
	f.awake += time.Minute
	f.set -= 5 * time.Hour
	if want := epoch.Add(time.Hour + time.Minute); !c.Now().Equal(want) {
		t.Errorf("now %v, want %v", c.Now(), want)
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	m := NewMachine()
	wall, awake := m.Read()
	if time.Since(wall).Abs() > time.Minute || awake < 0 {
		t.Errorf("reads %v, %v", wall, awake)
	}
	if a := m.Asleep(); a < 0 {
		t.Errorf("asleep for %v", a)
	}
	var _ clockwork.Clock = New(m, nil)
}
