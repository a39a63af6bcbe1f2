package local

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/ses"
)

func (s *Stack) newSES() (*ses.Service, error) {
	return ses.New(s.store, s.clock, ses.Options{Call: s.call, Logger: s.log})
}

// createConfigurationSets makes the configuration sets and their targets match the template.
func (s *Stack) createConfigurationSets(context.Context) error {
	sets := map[string][]ses.Target{}
	for _, c := range s.template.ConfigurationSets {
		sets[c.Name] = nil
	}
	for _, d := range s.template.EmailDestinations {
		if _, ok := sets[d.ConfigurationSet]; !ok {
			return fmt.Errorf("event destination %s: there is no configuration set %s", d.LogicalID, d.ConfigurationSet)
		}
		sets[d.ConfigurationSet] = append(sets[d.ConfigurationSet], ses.Target{TopicARN: d.TopicARN, Events: d.Events})
	}
	s.ses.Ensure(sets)
	return nil
}

// Mail is a mail that was sent.
type Mail struct {
	Sequence            uint64 // ascending
	At                  time.Time
	From                string
	To                  []string
	Subject, Text, HTML string
	Tags                map[string]string
}

// Mails reads the mailbox: up to limit mails after a sequence number, in order.
func (s *Stack) Mails(after uint64, limit int) ([]Mail, error) {
	sent, err := s.ses.Sent(after, limit)
	out := make([]Mail, len(sent))
	for i, m := range sent {
		out[i] = Mail{Sequence: m.Sequence, At: m.At, From: m.From, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
			Tags: m.Tags}
	}
	return out, err
}
