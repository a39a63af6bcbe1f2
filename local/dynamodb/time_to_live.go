package dynamodb

import "context"

type timeToLiveInput struct {
	tableInput
	TimeToLiveSpecification *struct {
		AttributeName parameter
		Enabled       *bool
	}
}

type timeToLiveOutput struct{ TimeToLiveSpecification *TimeToLiveDefinition }

func (s *Service) updateTimeToLive(_ context.Context, in timeToLiveInput) (*timeToLiveOutput, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	ttl, err := in.definition()
	if err != nil {
		return nil, err
	}
	_, err = s.reshape(name, func(spec *TableSpec) error {
		was := spec.TimeToLiveSpecification
		enabled := was != nil && was.Enabled
		switch {
		case ttl.Enabled && enabled:
			return validation("TimeToLive is already enabled")
		case !ttl.Enabled && !enabled:
			return validation("TimeToLive is already disabled")
		case !ttl.Enabled && was.AttributeName != ttl.AttributeName:
			return validation("TimeToLive is active on a different AttributeName: current AttributeName is %s",
				was.AttributeName)
		}
		spec.TimeToLiveSpecification = ttl
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &timeToLiveOutput{ttl}, nil
}

func (in *timeToLiveInput) definition() (*TimeToLiveDefinition, error) {
	var v violations
	ttl := in.TimeToLiveSpecification
	if ttl == nil {
		v.require(false, "timeToLiveSpecification")
		return nil, v.err()
	}
	v.require(ttl.AttributeName.given, "timeToLiveSpecification.attributeName")
	v.length(ttl.AttributeName, "timeToLiveSpecification.attributeName", 1, maxKeyName)
	v.require(ttl.Enabled != nil, "timeToLiveSpecification.enabled")
	if err := v.err(); err != nil {
		return nil, err
	}
	return &TimeToLiveDefinition{ttl.AttributeName.text, *ttl.Enabled}, nil
}

type describeTimeToLiveOutput struct {
	TimeToLiveDescription struct {
		AttributeName    string `json:",omitempty"`
		TimeToLiveStatus string // ENABLED or DISABLED
	}
}

func (s *Service) describeTimeToLive(_ context.Context, in tableInput) (*describeTimeToLiveOutput, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	t, err := s.open(name)
	if err != nil {
		return nil, errNoTable(name)
	}
	defer t.mu.RUnlock()
	out := &describeTimeToLiveOutput{}
	out.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	if name := t.ttlAttribute(); name != "" {
		out.TimeToLiveDescription.AttributeName = name
		out.TimeToLiveDescription.TimeToLiveStatus = "ENABLED"
	}
	return out, nil
}
