package events

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func TestCron_Next(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expression, after, want string }{
		{"cron(0 10 * * ? *)", "2026-11-22 12:00", "2026-11-23 10:00"},
		{"cron(15 12 * * ? *)", "2026-11-22 12:00", "2026-11-22 12:15"},
		{"cron(0/15 * * * ? *)", "2026-11-22 12:15", "2026-11-22 12:30"},
		{"cron(0 18 ? * MON-FRI *)", "2026-11-20 18:00", "2026-11-23 18:00"},
		{"cron(0 8 1 * ? *)", "2026-11-22 12:00", "2026-12-01 08:00"},
		{"cron(0/5 8-17 ? * 2-6 *)", "2026-11-20 17:55", "2026-11-23 08:00"},
		{"cron(0 0 L * ? *)", "2028-02-01 00:00", "2028-02-29 00:00"},
		{"cron(0 0 15W * ? *)", "2026-11-01 00:00", "2026-11-16 00:00"},
		{"cron(0 0 1W * ? *)", "2026-07-31 12:00", "2026-08-03 00:00"},
		{"cron(0 0 LW * ? *)", "2026-10-31 12:00", "2026-11-30 00:00"},
		{"cron(0 0 ? * 3#2 *)", "2026-11-01 00:00", "2026-11-10 00:00"},
		{"cron(0 0 ? * FRIL *)", "2026-11-01 00:00", "2026-11-27 00:00"},
		{"cron(30 9 29 FEB ? *)", "2026-11-22 12:00", "2028-02-29 09:30"},
		{"cron(0 0 1 1 ? 2020)", "2026-11-22 12:00", ""},
		{"rate(5 minutes)", "2026-11-22 12:00", "2026-11-22 12:05"},
		{"rate(1 day)", "2026-11-22 12:00", "2026-11-23 12:00"},
	} {
		t.Run(tt.expression, func(t *testing.T) {
			t.Parallel()
			s, err := parseSchedule(tt.expression)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse("2006-01-02 15:04", tt.after)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if next := s.next(after, after); !next.IsZero() {
				got = next.Format("2006-01-02 15:04")
			}
			if got != tt.want {
				t.Errorf("next = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseSchedule_Errors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "rate(5 minute)", "rate(1 minutes)", "rate(0 minutes)", "rate(5 weeks)", "cron(0 10 * * * *)",
		"cron(0 10 ? * ? *)",
		"cron(60 10 * * ? *)", "cron(0 10 * * ?)", "cron(0 10 32 * ? *)", "cron(0 10 ? * MOO *)",
		"cron(0 0 ? * 3#6 *)", "rate(5 minutes",
	} {
		if s, err := parseSchedule(text); err == nil {
			t.Errorf("%q accepted as %v", text, s)
		}
	}
}

func TestSchedule_FiresByTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.PutRule(ctx,
		&eventbridge.PutRuleInput{Name: aws.String("reconcile"), ScheduleExpression: aws.String("rate(5 minutes)")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("reconcile"),
		Targets: []types.Target{{Id: aws.String("x"), Arn: aws.String(lambda)}}})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	want := func(at string) {
		t.Helper()
		if c := w.next(); !strings.Contains(c.input, `"time":"`+at+`"`) ||
			!strings.Contains(c.input, `"resources":["arn:aws:events:us-east-1:000000000000:rule/reconcile"]`) {
			t.Errorf("fired with %s, want %s", c.input, at)
		}
	}
	w.idle(1)
	w.clock.Advance(5 * time.Minute)
	want("2026-11-22T12:05:00Z")
	w.idle(1)
	w.stop()
	w.crash() // keeps the phase, replaces the missed firings by one
	w.clock.Advance(13 * time.Minute)
	w.run()
	want("2026-11-22T12:10:00Z")
	w.idle(1)
	w.clock.Advance(2 * time.Minute)
	want("2026-11-22T12:20:00Z")
	w.idle(1)
	if _, err := w.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("reconcile")}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	if _, err := w.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: aws.String("reconcile")}); err != nil {
		t.Fatal(err)
	}
	w.idle(1)
	w.clock.Advance(5 * time.Minute)
	want("2026-11-22T13:25:00Z")
	w.none()
}
