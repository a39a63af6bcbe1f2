package template

// ConfigurationSet is an SES configuration set.
type ConfigurationSet struct{ LogicalID, Name string }

// EmailDestination is a topic that is told of the events of a configuration set.
type EmailDestination struct {
	LogicalID, ConfigurationSet, TopicARN string
	Events                                []string // "BOUNCE", "COMPLAINT"
}

// emailEvents are the events that the local SES publishes, as CloudFormation spells them.
var emailEvents = map[string]string{"bounce": "BOUNCE", "complaint": "COMPLAINT"}

func (l *loader) configurationSet(p props) {
	p.known("Name", map[string]string{
		"DeliveryOptions": "no mail leaves the machine", "ReputationOptions": "there are no metrics on one machine",
		"SendingOptions": "sending is always enabled", "SuppressionOptions": "there is no suppression list on one machine",
		"TrackingOptions": "opens and clicks are not tracked", "Tags": "nothing reads tags",
	})
	l.out.ConfigurationSets = append(l.out.ConfigurationSets, ConfigurationSet{p.r.id, l.name(p.r)})
}

func (l *loader) emailDestination(p props) {
	p.known("ConfigurationSetName EventDestination", nil)
	d := p.sub("EventDestination")
	d.known("Enabled MatchingEventTypes SnsDestination", map[string]string{"Name": "nothing shows it"})
	if !d.boolean("Enabled", false) {
		return
	}
	out := EmailDestination{LogicalID: p.r.id, ConfigurationSet: p.required("ConfigurationSetName")}
	for _, e := range d.texts("MatchingEventTypes") {
		if known := emailEvents[e]; known != "" {
			out.Events = append(out.Events, known)
		} else {
			d.unhonoured("MatchingEventTypes", "the local stack publishes bounces and complaints only", true)
		}
	}
	out.TopicARN = d.sub("SnsDestination").required("TopicARN")
	l.out.EmailDestinations = append(l.out.EmailDestinations, out)
}
