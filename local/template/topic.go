package template

import "strconv"

var topicHarmless = map[string]string{
	"KmsMasterKeyId": "data on one machine is not encrypted by KMS", "TracingConfig": "nothing traces on one machine",
	"Tags": "nothing reads tags", "SignatureVersion": "messages on one machine are not signed",
	"DeliveryStatusLogging": "logs go to the terminal",
}

func (l *loader) topic(p props) {
	p.known("TopicName DisplayName Subscription", topicHarmless)
	name := l.name(p.r)
	t := Topic{LogicalID: p.r.id, Name: name, ARN: arn("sns", name), DisplayName: p.text("DisplayName")}
	l.out.Topics = append(l.out.Topics, t)
	for i, s := range p.objects("Subscription") {
		s.known("Protocol Endpoint", nil)
		l.addSubscription(s, p.r.id+"Subscription"+strconv.Itoa(i), t.ARN)
	}
}

func (l *loader) subscription(p props) {
	p.known("TopicArn Protocol Endpoint FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy", map[string]string{
		"Region": "there is one region"})
	l.addSubscription(p, p.r.id, p.required("TopicArn"))
}

func (l *loader) addSubscription(p props, id, topic string) {
	l.out.Subscriptions = append(l.out.Subscriptions, Subscription{
		LogicalID: id, TopicARN: topic, Protocol: p.required("Protocol"), Endpoint: p.required("Endpoint"),
		Attributes: p.subscriptionAttributes()})
}

func (p props) subscriptionAttributes() map[string]string {
	attrs := map[string]string{}
	for _, k := range []string{"FilterPolicy", "RedrivePolicy"} {
		if p.has(k) {
			attrs[k] = string(p.json(k))
		}
	}
	for _, k := range []string{"FilterPolicyScope", "RawMessageDelivery"} {
		if p.has(k) {
			attrs[k] = p.text(k)
		}
	}
	return attrs
}

func (l *loader) topicPolicy(p props) {
	p.known("Topics PolicyDocument", nil)
	l.out.TopicPolicies = append(l.out.TopicPolicies,
		ResourcePolicy{LogicalID: p.r.id, Resources: p.texts("Topics"), Document: p.document("PolicyDocument")})
}
