package events

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var errSchedule = errors.New("malformed schedule expression")

// parseSchedule reads rate(value unit) or cron(minutes hours day-of-month month day-of-week year),
// in UTC. Source: "Setting a schedule pattern for scheduled rules", Amazon EventBridge user guide.
func parseSchedule(text string) (schedule, error) {
	inner, ok := strings.CutSuffix(text, ")")
	if !ok {
		return nil, errSchedule
	}
	if body, ok := strings.CutPrefix(inner, "rate("); ok {
		return parseRate(body)
	}
	if body, ok := strings.CutPrefix(inner, "cron("); ok {
		return parseCron(body)
	}
	return nil, errSchedule
}

// rate fires at fixed intervals.
type rate time.Duration

var units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

func parseRate(body string) (schedule, error) {
	number, unit, _ := strings.Cut(body, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return nil, errSchedule
	}
	if n > 1 { // plural for all but 1
		var plural bool
		if unit, plural = strings.CutSuffix(unit, "s"); !plural {
			return nil, errSchedule
		}
	}
	d, ok := units[unit]
	if !ok {
		return nil, errSchedule
	}
	return rate(time.Duration(n) * d), nil
}

func (r rate) next(after, last time.Time) time.Time {
	d := time.Duration(r)
	if last.After(after) {
		return last
	}
	return last.Add(d * (after.Sub(last)/d + 1))
}

const (
	firstYear = 1970
	lastYear  = 2199
)

// cron fires at the minutes that match all six fields.
type cron struct {
	minutes, hours, months, years map[int]bool
	day                           func(t time.Time) bool
}

func parseCron(body string) (schedule, error) {
	f := strings.Fields(body)
	if len(f) != 6 || (f[2] == "?") == (f[4] == "?") {
		return nil, errSchedule
	}
	var c cron
	var err error
	for _, field := range []struct {
		set      *map[int]bool
		text     string
		min, max int
		names    string
	}{
		{set: &c.minutes, text: f[0], min: 0, max: 59},
		{set: &c.hours, text: f[1], min: 0, max: 23},
		{set: &c.months, text: f[3], min: 1, max: 12, names: "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
		{set: &c.years, text: f[5], min: firstYear, max: lastYear},
	} {
		if *field.set, err = parseField(field.text, field.min, field.max, field.names); err != nil {
			return nil, err
		}
	}
	if f[4] == "?" {
		c.day, err = parseDayOfMonth(f[2])
	} else {
		c.day, err = parseDayOfWeek(f[4])
	}
	return &c, err
}

// next searches the days one by one, then the minutes of the first day that matches.
func (c *cron) next(after, _ time.Time) time.Time {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		if c.years[t.Year()] && c.months[int(t.Month())] && c.day(t) {
			for day := t.Day(); t.Day() == day; t = t.Add(time.Minute) {
				if c.hours[t.Hour()] && c.minutes[t.Minute()] {
					return t
				}
			}
			continue
		}
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// parseField reads a list of values, ranges and steps: "1,5-9,*/15,10/5".
func parseField(text string, low, high int, names string) (map[int]bool, error) {
	set := map[int]bool{}
	for _, part := range strings.Split(text, ",") {
		span, every, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(every); err != nil || step < 1 {
				return nil, errSchedule
			}
		}
		from, to, err := parseSpan(span, low, high, names)
		if err != nil {
			return nil, err
		}
		if stepped && from == to {
			to = high
		}
		for v := from; v <= to; v += step {
			set[v] = true
		}
	}
	return set, nil
}

func parseSpan(text string, low, high int, names string) (from, to int, err error) {
	if text == "*" {
		return low, high, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if from, err = parseValue(first, low, high, names); err != nil || !isRange {
		return from, from, err
	}
	if to, err = parseValue(last, low, high, names); err == nil && to < from {
		err = errSchedule
	}
	return from, to, err
}

// parseValue reads a number or a name of three letters.
func parseValue(text string, low, high int, names string) (int, error) {
	if i := strings.Index(names, strings.ToUpper(text)); len(text) == 3 && i >= 0 && i%3 == 0 {
		return i/3 + low, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%w: %s", errSchedule, text)
	}
	return n, nil
}

func lastDay(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// parseDayOfMonth reads the field with L (last day), W (nearest weekday) and LW.
func parseDayOfMonth(text string) (func(time.Time) bool, error) {
	switch {
	case text == "L":
		return func(t time.Time) bool { return t.Day() == lastDay(t) }, nil
	case text == "LW":
		return func(t time.Time) bool { return t.Day() == nearestWeekday(t, lastDay(t)) }, nil
	case strings.HasSuffix(text, "W"):
		n, err := parseValue(strings.TrimSuffix(text, "W"), 1, 31, "")
		return func(t time.Time) bool { return n <= lastDay(t) && t.Day() == nearestWeekday(t, n) }, err
	}
	set, err := parseField(text, 1, 31, "")
	return func(t time.Time) bool { return set[t.Day()] }, err
}

// nearestWeekday is the weekday nearest to a day of t's month, without leaving the month.
func nearestWeekday(t time.Time, day int) int {
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == lastDay(t) {
			return day - 2
		}
		return day + 1
	}
	return day
}

const weekdays = "SUNMONTUEWEDTHUFRISAT" // 1-7

// parseDayOfWeek reads the field with nL (the last of the month) and n#k (the k-th of the month); L
// alone is Saturday.
func parseDayOfWeek(text string) (func(time.Time) bool, error) {
	day := func(t time.Time) int { return int(t.Weekday()) + 1 }
	if text == "L" {
		return func(t time.Time) bool { return day(t) == 7 }, nil
	}
	if name, ok := strings.CutSuffix(text, "L"); ok {
		n, err := parseValue(name, 1, 7, weekdays)
		return func(t time.Time) bool { return day(t) == n && t.Day()+7 > lastDay(t) }, err
	}
	if name, nth, ok := strings.Cut(text, "#"); ok {
		n, err := parseValue(name, 1, 7, weekdays)
		k, err2 := parseValue(nth, 1, 5, "")
		return func(t time.Time) bool { return day(t) == n && (t.Day()-1)/7+1 == k }, errors.Join(err, err2)
	}
	set, err := parseField(text, 1, 7, weekdays)
	return func(t time.Time) bool { return set[day(t)] }, err
}
