package dynamodb

type timeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification *TimeToLiveDefinition
}

type timeToLiveOutput struct{ TimeToLiveSpecification *TimeToLiveDefinition }

func (s *Service) updateTimeToLive(in *timeToLiveInput) (*timeToLiveOutput, error) {
	ttl := in.TimeToLiveSpecification
	if ttl == nil || ttl.AttributeName == "" {
		return nil, validation("1 validation error detected: Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null")
	}
	_, err := s.reshape(bareName(in.TableName), func(spec *TableSpec) error {
		was := spec.TimeToLiveSpecification
		enabled := was != nil && was.Enabled
		switch {
		case ttl.Enabled && enabled:
			return validation("TimeToLive is already enabled")
		case !ttl.Enabled && !enabled:
			return validation("TimeToLive is already disabled")
		case !ttl.Enabled && was.AttributeName != ttl.AttributeName:
			return validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", was.AttributeName)
		}
		spec.TimeToLiveSpecification = ttl
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &timeToLiveOutput{ttl}, nil
}

type describeTimeToLiveOutput struct {
	TimeToLiveDescription struct {
		AttributeName    string `json:",omitempty"`
		TimeToLiveStatus string // ENABLED or DISABLED
	}
}

func (s *Service) describeTimeToLive(in *describeTableInput) (*describeTimeToLiveOutput, error) {
	t, err := s.open(in.TableName)
	if err != nil {
		return nil, err
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
