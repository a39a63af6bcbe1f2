package states

import (
	"slices"
	"strings"
)

// check checks a request's members against the constraints of the API.
func (in *TestStateInput) check() error {
	if err := checkEnum("inspectionLevel", in.InspectionLevel, "INFO", "DEBUG", "TRACE"); err != nil {
		return err
	}
	if err := in.Mock.check(); err != nil {
		return err
	}
	if err := checkCount("stateConfiguration.retrierRetryCount", in.Configuration.RetrierRetryCount); err != nil {
		return err
	}
	return checkCount("stateConfiguration.mapIterationFailureCount", in.Configuration.MapIterationFailureCount)
}

// check accepts a nil mock.
func (m *TestStateMock) check() error {
	if m == nil {
		return nil
	}
	if m.ErrorOutput != nil && m.ErrorOutput.Error == nil {
		return validation("Value null at 'mock.errorOutput.error' failed to satisfy constraint: Member must not be null")
	}
	return checkEnum("mock.fieldValidationMode", m.FieldValidationMode, "STRICT", "PRESENT", "NONE")
}

// checkEnum accepts a member that is absent.
func checkEnum(member, v string, set ...string) error {
	if v == "" || slices.Contains(set, v) {
		return nil
	}
	return validation("Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
		v, member, strings.Join(set, ", "))
}

func checkCount(member string, n int) error {
	if n < 0 {
		return validation("Value '%d' at '%s' failed to satisfy constraint: "+
			"Member must have value greater than or equal to 0", n, member)
	}
	return nil
}
